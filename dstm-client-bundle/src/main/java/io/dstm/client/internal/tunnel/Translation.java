package io.dstm.client.internal.tunnel;

import io.dstm.api.lease.LeaseKey;
import java.nio.ByteBuffer;

/** First slice: whole addresses without translation. */
final class Translation {

    Translation(LeaseKey key) {}

    boolean dormant() {
        return true;
    }

    NodeCounter up(ByteBuffer bytes, int at, boolean fromPlaceholder, long nanos) {
        return NodeCounter.DROP_PROTOCOL_IPV4;
    }

    NodeCounter down(ByteBuffer bytes, int at, long nanos) {
        return NodeCounter.DROP_PROTOCOL_IPV6;
    }

    void sweep(long nanos) {}
}
