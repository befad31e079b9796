package io.dstm.server.internal.config;

/** Which free address a client gets that has no claim to a certain one. */
public enum AllocatorKind {
    /** The first free one from where the client's identity hashes to: the same again, without anybody remembering it. */
    HASHED,
    /** The next free one after the last one lent: what was used last rests longest. */
    ITERATIVE,
    /** Any free one: nobody can guess it. */
    RANDOM
}
