package io.dstm.itests;

/** ISC's Kea as the DHCPv6 server of the network behind the relay, with one softwire for whoever asks, instead of the relay. */
final class Kea implements AutoCloseable {

    private final Lab lab;
    private final Guest host;
    private final Process program;

    /**
     * Starts it.
     *
     * @param binding its {@code s46-v4v6bind}, as in {@code 192.0.2.200, 2001:db8:b::/64}
     * @param ports its {@code s46-portparams}, as in {@code 0, 5/6}
     * @param tep its {@code s46-br}
     */
    Kea(Lab lab, String binding, String ports, String tep) {
        this.lab = lab;
        this.host = new Guest(lab, "relay");
        lab.lab("relay-stop");
        host.write("kea/kea-dhcp6.conf", """
                { "Dhcp6": {
                  "interfaces-config": { "interfaces": [ "far" ] },
                  "lease-database": { "type": "memfile", "persist": false },
                  "server-id": { "type": "EN", "enterprise-id": 32473, "identifier": "0102030405", "persist": false },
                  "preferred-lifetime": 10, "valid-lifetime": 12, "renew-timer": 4, "rebind-timer": 8,
                  "option-data": [
                    { "name": "s46-cont-lw" },
                    { "space": "s46-cont-lw-options", "name": "s46-v4v6bind", "data": "%s" },
                    { "space": "s46-v4v6bind-options", "name": "s46-portparams", "data": "%s" },
                    { "space": "s46-cont-lw-options", "name": "s46-br", "data": "%s" } ],
                  "subnet6": [ { "subnet": "2001:db8:b::/64", "interface": "far",
                    "pools": [ { "pool": "2001:db8:b::2:0/112" } ],
                    "pd-pools": [ { "prefix": "2001:db8:f200::", "prefix-len": 40, "delegated-len": 56 } ] } ],
                  "loggers": [ { "name": "kea-dhcp6", "severity": "INFO",
                    "output_options": [ { "output": "stdout", "flush": true } ] } ]
                } }
                """.formatted(binding, ports, tep).split("\n"));
        // Where Debian's AppArmor profile lets it write.
        program = host.start("sh", "-c", "mkdir -p /run/kea /run/lock/kea; exec kea-dhcp6 -c /etc/kea/kea-dhcp6.conf");
        Guest.awaitWritten(program, "DHCP6_STARTED");
    }

    /** Stops it; the relay is back. */
    @Override
    public void close() {
        host.end(program, "TERM");
        lab.lab("relay-start");
    }
}
