package io.dstm.dns.internal;

import java.util.concurrent.CompletableFuture;
import org.xbill.DNS.Message;

/** Asks the network's resolvers. */
interface Upstream {

    /**
     * Sends {@code query} to one resolver after the other until one answers.
     *
     * @param query the octets, with any transaction number
     * @param overTcp whether to ask over TCP
     * @return the answer with the query's transaction number; fails if nobody answered
     */
    CompletableFuture<Answer> ask(byte[] query, boolean overTcp);

    /** An answer as it came and as it reads. */
    @SuppressWarnings("ArrayRecordComponent") // Passed on, never compared.
    record Answer(byte[] octets, Message message) {}
}
