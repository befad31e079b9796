package io.dstm.api.ipv6;

/**
 * How full a pool is.
 *
 * @param name the pool's name
 * @param addresses how many addresses are lent, declined ones included
 * @param prefixes how many prefixes are delegated
 * @param detail what it lends and where, for people
 */
public record Ipv6PoolStatus(String name, long addresses, long prefixes, String detail) {}
