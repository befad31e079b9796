package io.dstm.itests;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * A lease as the appliance's {@code dstm:leases --json} shows it.
 *
 * @param address the IPv4 address
 * @param firstPort the lowest port lent
 * @param lastPort the highest port lent
 * @param client the client's identity
 * @param tunnelSource the node's IPv6 address
 * @param state its state
 */
record Leased(String address, int firstPort, int lastPort, String client, String tunnelSource, String state) {

    /** Every lease the appliance knows. */
    static List<Leased> all(Lab lab) {
        List<Leased> leases = new ArrayList<>();
        for (JsonNode lease : lab.json(Lab.APPLIANCE, "dstm:leases").path("leases")) {
            leases.add(new Leased(
                    lease.path("address").asText(),
                    lease.path("ports").path("first").asInt(),
                    lease.path("ports").path("last").asInt(),
                    lease.path("client").asText(),
                    lease.path("tunnelSource").asText(),
                    lease.path("state").asText().toLowerCase(java.util.Locale.ROOT)));
        }
        return leases;
    }

    /** Every lease somebody has. */
    static List<Leased> active(Lab lab) {
        return all(lab).stream().filter(lease -> lease.state().equals("active")).toList();
    }

    /** The one active lease of a node. */
    static Leased of(Lab lab, String node) {
        String source = "2001:db8:" + (node.equals(Lab.NODE3) ? "b" : "a") + "::1" + node.charAt(node.length() - 1);
        List<Leased> own = active(lab).stream()
                .filter(lease -> lease.tunnelSource().equals(source))
                .toList();
        if (own.size() != 1) {
            throw new AssertionError("leases of " + node + ": " + own + " among " + all(lab));
        }
        return own.get(0);
    }
}
