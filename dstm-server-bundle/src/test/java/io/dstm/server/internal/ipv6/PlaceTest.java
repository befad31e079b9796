package io.dstm.server.internal.ipv6;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.ipv6.Ipv6Link;
import io.dstm.api.ipv6.Ipv6Request;
import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Range;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlaceTest {

    private static final Spans SPANS = Spans.of(
            List.of(Ipv6Range.parse("2001:db8:1::/64"), Ipv6Range.parse("2001:db8:3::5-2001:db8:3::9")), List.of());

    private static Ipv6Request request(String duid, int iaid, Ipv6LeaseKind kind) {
        return new Ipv6Request(
                new ClientId("duid:" + duid, iaid),
                kind,
                new Ipv6Link("eth1", null, List.of(), Ipv6Address.parse("fe80::1")),
                List.of());
    }

    private static Ipv6Address place(int secret, Ipv6Request request) {
        return new Place(new byte[] {(byte) secret}).in(SPANS, request);
    }

    @Test
    void follows_from_the_secret() {
        Ipv6Request request = request("000300010203", 1, Ipv6LeaseKind.ADDRESS);

        assertThat(place(1, request)).isEqualTo(place(1, request)).isNotEqualTo(place(2, request));
    }

    @Test
    void follows_from_client_association_and_kind() {
        assertThat(List.of(
                        place(1, request("000300010203", 1, Ipv6LeaseKind.ADDRESS)),
                        place(1, request("000300010204", 1, Ipv6LeaseKind.ADDRESS)),
                        place(1, request("000300010203", 2, Ipv6LeaseKind.ADDRESS)),
                        place(1, request("000300010203", 1, Ipv6LeaseKind.PREFIX))))
                .doesNotHaveDuplicates();
    }

    @Property
    void is_always_within(@ForAll long which, @ForAll long high, @ForAll long low) {
        assertThat(SPANS.contains(SPANS.pick(which, new Ipv6Address(high, low))))
                .isTrue();
        Spans all = Spans.of(List.of(new Ipv6Range(new Ipv6Address(0, 0), new Ipv6Address(-1, -1))), List.of());
        assertThat(all.pick(which, new Ipv6Address(high, low))).isEqualTo(new Ipv6Address(high, low));
    }

    @Property
    void reaches_every_place_of_a_small_range(@ForAll byte wanted) {
        Spans small = Spans.of(List.of(Ipv6Range.parse("2001:db8::100-2001:db8::1ff")), List.of());
        Ipv6Address place = new Ipv6Address(0x20010db800000000L, 0x100 + (wanted & 0xFF));

        assertThat(small.pick(0, new Ipv6Address(7, wanted & 0xFF))).isEqualTo(place);
    }

    @Test
    void the_secret_is_made_once_and_kept(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("dstm/ipv6.secret");
        byte[] made = SecretFile.get(file);

        assertThat(SecretFile.get(file)).isEqualTo(made).hasSize(16);

        Files.writeString(file, "nonsense");
        assertThat(SecretFile.get(file)).hasSize(16).isNotEqualTo(made);
        assertThat(file).hasContent("nonsense");
    }
}
