package io.dstm.console.internal.access;

import io.dstm.api.management.Role;

/** What the guard says to a request. */
public sealed interface Verdict {

    /** Come in. */
    record Welcome(Person person) implements Verdict {}

    /** Nobody knows who this is. */
    record Unknown() implements Verdict {}

    /**
     * Known, but may not do this.
     *
     * @param person who
     * @param needed the role that may
     */
    record Forbidden(Person person, Role needed) implements Verdict {}

    /** A request that changes something and does not prove that a page of ours sent it. */
    record Forged() implements Verdict {}

    /**
     * Too many wrong passwords.
     *
     * @param waitSeconds until the next is looked at
     */
    record Wait(long waitSeconds) implements Verdict {}
}
