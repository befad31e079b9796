package io.dstm.dhcpv6.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.api.datapath.NetworkControl.InterfaceInfo;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class InterfaceLinksTest {

    private final FakeNetwork network = new FakeNetwork();
    private Optional<ClientSettings> settings = Optional.of(read(Map.of("interface", "eth0")));
    private final InterfaceLinks links = new InterfaceLinks(network, () -> settings);

    private static ClientSettings read(Map<String, ?> properties) {
        try {
            return ClientSettings.read(properties);
        } catch (io.dstm.api.config.ConfigException wrong) {
            throw new AssertionError(wrong);
        }
    }

    private static InterfaceInfo device(String name, boolean up, String... addresses) {
        return new InterfaceInfo(
                name,
                name.length(),
                up,
                1500,
                Arrays.stream(addresses).map(Ipv6Address::parse).toList(),
                List.of());
    }

    private String source() {
        assertThat(links.get()).isInstanceOf(LinkState.Ready.class);
        return ((LinkState.Ready) links.get()).link().source().toString();
    }

    private String reason() {
        assertThat(links.get()).isInstanceOf(LinkState.Waiting.class);
        return ((LinkState.Waiting) links.get()).reason();
    }

    @Test
    void takes_a_global_address_before_a_local_one() {
        network.devices.add(device("eth0", true, "fe80::1", "fd00::1", "2001:db8::7", "2001:db8::8"));

        assertThat(links.get()).isEqualTo(new LinkState.Ready(new Link("eth0", 4, Ipv6Address.parse("2001:db8::7"))));
    }

    @Test
    void takes_a_local_address_where_there_is_no_other() {
        network.devices.add(device("eth0", true, "fe80::1", "fd00::1"));

        assertThat(source()).isEqualTo("fd00::1");
    }

    @Test
    void keeps_its_address_while_that_is_there() {
        network.devices.add(device("eth0", true, "2001:db8::8"));
        assertThat(source()).isEqualTo("2001:db8::8");

        network.devices.set(0, device("eth0", true, "2001:db8::7", "2001:db8::8"));
        assertThat(source()).isEqualTo("2001:db8::8");

        network.devices.set(0, device("eth0", true, "2001:db8::7"));
        assertThat(source()).isEqualTo("2001:db8::7");
    }

    @Test
    void takes_the_configured_address_from_wherever_it_is() {
        settings = Optional.of(read(Map.of("interface", "eth0", "tunnel.source", "2001:db8::99")));
        network.devices.add(device("eth0", true, "2001:db8::7"));
        assertThat(reason()).contains("2001:db8::99");

        network.devices.add(device("lo", true, "::1", "2001:db8::99"));
        assertThat(links.get()).isEqualTo(new LinkState.Ready(new Link("eth0", 4, Ipv6Address.parse("2001:db8::99"))));
    }

    @Test
    void says_what_it_waits_for() {
        assertThat(reason()).isEqualTo("there is no interface eth0");
        network.devices.add(device("eth0", false, "2001:db8::7"));
        assertThat(reason()).isEqualTo("interface eth0 is down");
        network.devices.set(0, device("eth0", true, "fe80::1"));
        assertThat(reason()).isEqualTo("interface eth0 has no global IPv6 address yet");
        network.broken = true;
        assertThat(reason()).contains("cannot be listed: netlink is out of order");
        settings = Optional.empty();
        assertThat(reason()).contains("no valid configuration");
    }

    private static final class FakeNetwork implements NetworkControl {

        final List<InterfaceInfo> devices = new ArrayList<>();
        boolean broken;

        @Override
        public List<InterfaceInfo> interfaces() throws DatapathException {
            if (broken) {
                throw new DatapathException("netlink is out of order");
            }
            return devices;
        }

        @Override
        public void addAddress(String device, Ipv4Address address, int prefixLength) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void removeAddress(String device, Ipv4Address address, int prefixLength) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void setRoute(Route route) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void removeRoute(Route route) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void setMtu(String device, int mtu) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<Ipv6Address> sourceTowards(Ipv6Address destination) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<String> readSwitch(String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void writeSwitch(String name, String value) {
            throw new UnsupportedOperationException();
        }
    }
}
