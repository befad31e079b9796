package io.dstm.client.internal.engine;

import io.dstm.api.client.ClientLease;

/**
 * The lease that a node has.
 *
 * @param lease as it was given last
 * @param source the name of who gave it, and who gets it back
 * @param time when it wants something
 */
record HeldLease(ClientLease lease, String source, LeaseTime time) {}
