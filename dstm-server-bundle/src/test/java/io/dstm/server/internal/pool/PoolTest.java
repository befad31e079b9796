package io.dstm.server.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.config.ConfigException;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.server.internal.config.PoolConfig;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoolTest {

    static Pool pool(String... properties) {
        Map<String, String> map = new HashMap<>();
        for (String property : properties) {
            map.put(property.substring(0, property.indexOf('=')), property.substring(property.indexOf('=') + 1));
        }
        try {
            return new Pool(PoolConfig.read("p", map));
        } catch (ConfigException wrong) {
            throw new AssertionError(wrong);
        }
    }

    /** RFC 7596 section 5.1: with a = 0 the sets below port 1024 are left out; with a &gt; 0 the lowest ports belong to nobody. */
    @ParameterizedTest
    @CsvSource({
        "0, 0, false, 1",
        "6, 0, false, 63",
        "6, 0, true, 64",
        "1, 0, false, 1",
        "8, 0, false, 252",
        "10, 0, false, 1008",
        "16, 0, false, 64512",
        "8, 6, false, 256",
        "8, 4, false, 256",
        "8, 7, true, 256",
        "0, 6, false, 1"
    })
    void has_so_many_port_sets_an_address(int k, int a, boolean systemPorts, int sets) {
        Pool pool = pool(
                "ranges=192.0.2.0/24",
                "exclude=192.0.2.0,192.0.2.255",
                "psid.length=" + k,
                "psid.offset=" + a,
                "system.ports=" + systemPorts);
        assertThat(pool.capacity()).isEqualTo(254L * sets);
        if (!systemPorts && k > 0) {
            for (long slot = 0; slot < sets; slot++) {
                assertThat(KeyCode.ports(pool.codeAt(slot)).firstPort()).isGreaterThanOrEqualTo(1024);
            }
        }
    }

    @Test
    void numbers_its_keys_without_gap_or_repetition() {
        Pool pool = pool("ranges=192.0.2.0/29,198.51.100.250-198.51.101.3", "exclude=192.0.2.3", "psid.length=8");
        Set<Long> codes = new HashSet<>();
        for (long slot = 0; slot < pool.capacity(); slot++) {
            long code = pool.codeAt(slot);
            assertThat(codes.add(code)).isTrue();
            assertThat(pool.slotOf(code)).isEqualTo(slot);
            assertThat(KeyCode.of(KeyCode.toKey(code))).isEqualTo(code);
        }
    }

    @Test
    void does_not_know_keys_of_other_addresses_shapes_or_system_ports() {
        Pool pool = pool("ranges=192.0.2.1", "psid.length=6");
        assertThat(pool.slotOf(code("192.0.2.1", new PortSet(0, 6, 1)))).isZero();
        assertThat(pool.slotOf(code("192.0.2.1", new PortSet(0, 6, 0)))).isEqualTo(-1);
        assertThat(pool.slotOf(code("192.0.2.2", new PortSet(0, 6, 1)))).isEqualTo(-1);
        assertThat(pool.slotOf(code("192.0.2.1", new PortSet(0, 5, 1)))).isEqualTo(-1);
        assertThat(pool.slotOf(code("192.0.2.1", new PortSet(6, 6, 1)))).isEqualTo(-1);
        assertThat(pool.slotOf(code("192.0.2.1", PortSet.FULL))).isEqualTo(-1);
    }

    @Test
    void packs_every_key_of_the_largest_values() {
        LeaseKey key = new LeaseKey(Ipv4Address.parse("255.255.255.255"), new PortSet(0, 16, 65535));
        assertThat(KeyCode.toKey(KeyCode.of(key))).isEqualTo(key);
        assertThat(KeyCode.of(key)).isPositive();
    }

    @Test
    void finds_the_key_a_tunnel_address_was_made_for() {
        for (String prefix : new String[] {"2001:db8:b::/64", "2001:db8:b::/48", "2001:db8:b:0:8000::/80"}) {
            Pool pool = pool("ranges=192.0.2.0/24", "psid.length=6", "bind.prefix=" + prefix);
            for (long slot = 0; slot < pool.capacity(); slot += 97) {
                long code = pool.codeAt(slot);
                assertThat(pool.codeOfDerivedSource(pool.derivedSource(code))).isEqualTo(code);
            }
            assertThat(pool.codeOfDerivedSource(Ipv6Address.parse("2001:db8:b::1")))
                    .isEqualTo(-1);
            assertThat(pool.codeOfDerivedSource(Ipv6Address.parse("2001:db8:b:0:1:c000:201:5")))
                    .isEqualTo(-1);
            assertThat(pool.codeOfDerivedSource(Ipv6Address.parse("2001:db8:c::c000:201:5")))
                    .isEqualTo(-1);
        }
    }

    @Test
    void as_large_as_a_slash_8_costs_nothing_to_make() {
        AllocationState state = new AllocationState(pool("ranges=10.0.0.0/8", "psid.length=6"));
        assertThat(state.pool().capacity()).isEqualTo((1L << 24) * 63);
        HashedAllocator allocator = new HashedAllocator();
        Set<Long> slots = new HashSet<>();
        for (long hash = 0; hash < 1000; hash++) {
            long slot = allocator.choose(state, hash * 0x9E3779B97F4A7C15L);
            assertThat(slots.add(slot)).isTrue();
            state.occupy(state.pool().codeAt(slot));
        }
        assertThat(allocator.choose(state, -1L)).isBetween(0L, state.pool().capacity() - 1);
    }

    private static long code(String address, PortSet ports) {
        return KeyCode.of(new LeaseKey(Ipv4Address.parse(address), ports));
    }
}
