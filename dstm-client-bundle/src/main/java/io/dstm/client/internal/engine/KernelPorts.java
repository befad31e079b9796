package io.dstm.client.internal.engine;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.api.net.PortSet;
import io.dstm.client.internal.engine.ClientConfig.LocalPorts;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the kernel choose local ports within a lent port set. The switch belongs to the network namespace and serves IPv6 as
 * well, so it is put back when the lease ends, and by the next client if this one is killed.
 */
final class KernelPorts {

    static final String RANGE = "net.ipv4.ip_local_port_range";
    private static final String FIRST_UNPRIVILEGED = "net.ipv4.ip_unprivileged_port_start";
    private static final String BEFORE = "ports.before";
    private static final String OURS = "ports.ours";
    private static final Logger log = LoggerFactory.getLogger(KernelPorts.class);

    private final NetworkControl network;
    private final NodeJournal journal;

    KernelPorts(NetworkControl network, NodeJournal journal) {
        this.network = network;
        this.journal = journal;
    }

    /** Whether the kernel is to keep to {@code ports} under this policy. */
    static boolean wanted(LocalPorts policy, PortSet ports) {
        boolean expressible = !ports.isFull() && ports.isContiguous();
        return switch (policy) {
            case AUTO -> expressible && ports.size() >= LocalPorts.KERNEL_FROM;
            case KERNEL -> expressible;
            case TRANSLATE -> false;
        };
    }

    /** Sets the kernel's range to the set; where the kernel refuses, translation does the work alone. */
    void use(PortSet ports) {
        // The kernel refuses a range that begins among the privileged ports.
        int lowest = network.readSwitch(FIRST_UNPRIVILEGED)
                .flatMap(KernelPorts::number)
                .orElse(PortSet.FIRST_USER_PORT);
        int first = Math.max(ports.firstPort(), lowest);
        if (first >= ports.lastPort()) {
            return;
        }
        // What cannot be put back is better not changed.
        Optional<String> before = network.readSwitch(RANGE).map(KernelPorts::plain);
        if (before.isEmpty() || !before.get().matches("\\d+ \\d+")) {
            log.warn("DSTM-3013 {} cannot be read; ports outside the set are translated instead", RANGE);
            return;
        }
        String ours = first + " " + ports.lastPort();
        if (journal.get(OURS).isEmpty()) {
            journal.put(BEFORE, before.get());
        }
        journal.put(OURS, ours);
        try {
            network.writeSwitch(RANGE, ours);
            log.info("DSTM-3012 The kernel's local ports are {} while the lease lasts; before: {}", ours, before.get());
        } catch (DatapathException refused) {
            log.warn(
                    "DSTM-3013 {} cannot be set to {} ({}); ports outside the set are translated instead",
                    RANGE,
                    ours,
                    refused.getMessage());
            forget();
        }
    }

    /** Puts the range back unless somebody else has changed it meanwhile. */
    void restore() {
        Optional<String> before = journal.get(BEFORE);
        Optional<String> ours = journal.get(OURS);
        if (before.isPresent() && ours.isPresent()) {
            if (network.readSwitch(RANGE).map(KernelPorts::plain).equals(ours)) {
                try {
                    network.writeSwitch(RANGE, before.get());
                } catch (DatapathException refused) {
                    log.warn(
                            "DSTM-3013 {} cannot be set back to {} ({}); set it by hand",
                            RANGE,
                            before.get(),
                            refused.getMessage());
                }
            }
            forget();
        }
    }

    private void forget() {
        journal.remove(OURS);
        journal.remove(BEFORE);
    }

    private static String plain(String range) {
        return range.trim().replaceAll("\\s+", " ");
    }

    private static Optional<Integer> number(String text) {
        try {
            return Optional.of(Integer.parseInt(text.trim()));
        } catch (NumberFormatException notANumber) {
            return Optional.empty();
        }
    }
}
