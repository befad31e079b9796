package io.dstm.dhcpv6.internal.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.dstm.dhcpv6.internal.codec.Decoded;
import io.dstm.dhcpv6.internal.codec.DstmCodes;
import io.dstm.dhcpv6.internal.codec.MessageCodec;
import io.dstm.dhcpv6.internal.codec.Option;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Jazzer's way into what the server does with octets: a datagram as a whole, and the stream of bulk leasequery. */
class ServerFuzzTest {

    private static final MessageCodec CODEC = new MessageCodec(DstmCodes.DEFAULT);

    @FuzzTest(maxDuration = "5m")
    void any_datagram_ends_in_one_counter_and_never_in_a_defect(byte[] datagram) {
        ServerKit server = new ServerKit();
        var unused = server.send(datagram);
        server.time.pass(Duration.ofMinutes(1));
        assertThat(server.counters()).doesNotContainKey("drop-internal-error");
        assertThat(server.counters().values().stream()
                        .mapToLong(Long::longValue)
                        .sum())
                .isEqualTo(1);
    }

    @FuzzTest(maxDuration = "5m")
    void a_stream_of_queries_is_messages_or_an_end(byte[] stream) {
        ByteArrayInputStream in = new ByteArrayInputStream(stream);
        try {
            Optional<byte[]> query = BulkFraming.read(in);
            while (query.isPresent()) {
                assertThat(query.get().length).isLessThanOrEqualTo(BulkFraming.LONGEST_QUERY);
                if (CODEC.decode(query.get()) instanceof Decoded.Good good) {
                    good.message().options().all(Option.LqQuery.class).forEach(each -> assertThat(
                                    LeaseQuery.parse(each, new LeaseView(new ServerKit().leases), true))
                            .isNotNull());
                }
                query = BulkFraming.read(in);
            }
        } catch (IOException end) {
            assertThat(in.available() == 0 || String.valueOf(end.getMessage()).startsWith("a query of"))
                    .as("nothing but an early end or a length ends a stream")
                    .isTrue();
        }
    }
}
