package io.dstm.api.lease;

/** Hears how full pools are; registered as a service. Called on a thread of the server, in order. */
@FunctionalInterface
public interface PoolListener {

    /** Must return soon and must not throw. */
    void onPool(PoolEvent event);
}
