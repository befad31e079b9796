package io.dstm.management.internal;

import io.dstm.api.ipv6.Ipv6LeaseService;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.management.LeaseTransfer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/** Takes leases out of this node's server and into it. */
@Component
public final class LeaseTransferComponent implements LeaseTransfer {

    private volatile @Nullable LeaseService leases;
    private volatile @Nullable Ipv6LeaseService ipv6Leases;

    private final LeasePorter porter = new LeasePorter(() -> leases, () -> ipv6Leases, InstantSource.system());

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void bindLeases(LeaseService service) {
        leases = service;
    }

    void unbindLeases(LeaseService service) {
        if (leases == service) {
            leases = null;
        }
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void bindIpv6Leases(Ipv6LeaseService service) {
        ipv6Leases = service;
    }

    void unbindIpv6Leases(Ipv6LeaseService service) {
        if (ipv6Leases == service) {
            ipv6Leases = null;
        }
    }

    @Override
    public long exportTo(Path file) throws IOException {
        return porter.exportTo(file);
    }

    @Override
    public Outcome importFrom(Path file, boolean trial) throws IOException {
        return porter.importFrom(file, trial);
    }
}
