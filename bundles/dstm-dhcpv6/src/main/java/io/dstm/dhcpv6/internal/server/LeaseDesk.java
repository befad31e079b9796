package io.dstm.dhcpv6.internal.server;

import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseDecision.Granted;
import io.dstm.api.lease.LeaseDecision.Reason;
import io.dstm.api.lease.LeaseDecision.Refused;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.common.DefectLog;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The lease service as both protocols of this server use it: a defect of it is logged and becomes a refusal. */
final class LeaseDesk {

    private static final Logger log = LoggerFactory.getLogger(LeaseDesk.class);

    private final LeaseService leases;
    private final InstantSource clock;
    private final DefectLog defects = new DefectLog(
            log, "DSTM-4108 The lease service failed, clients are told to try later. Please report this.");

    LeaseDesk(LeaseService leases, InstantSource clock) {
        this.leases = leases;
        this.clock = clock;
    }

    CompletionStage<LeaseDecision> offer(AllocationRequest request) {
        return ask(() -> leases.offer(request));
    }

    CompletionStage<LeaseDecision> allocate(AllocationRequest request) {
        return ask(() -> leases.allocate(request));
    }

    /** A lease that policy does not prolong is shown with what is left of it, so that T1 = T2 = valid lifetime. */
    CompletionStage<LeaseDecision> renew(AllocationRequest request) {
        return ask(() -> leases.renew(request)).thenApply(decision -> {
            if (decision instanceof Refused refused && refused.reason() == Reason.NOT_RENEWABLE) {
                return leases.leaseOf(request.client())
                        .<LeaseDecision>map(this::remainder)
                        .orElse(decision);
            }
            return decision;
        });
    }

    CompletionStage<Boolean> release(ClientId client, LeaseKey key) {
        return guarded(() -> leases.release(client, key), false);
    }

    CompletionStage<Boolean> decline(ClientId client, LeaseKey key) {
        return guarded(() -> leases.decline(client, key), false);
    }

    Optional<Lease> leaseOf(ClientId client) {
        return leases.leaseOf(client);
    }

    boolean isTunnelSourceTaken(Ipv6Address source, ClientId client) {
        return leases.isTunnelSourceTaken(source, client);
    }

    List<Ipv6Address> tunnelAddresses() {
        return leases.tunnelAddresses();
    }

    boolean hasPools() {
        return !leases.pools().isEmpty();
    }

    boolean isInPool(Ipv4Address address) {
        return leases.pools().stream()
                .anyMatch(pool -> pool.ranges().stream().anyMatch(range -> range.contains(address)));
    }

    private Granted remainder(Lease lease) {
        Duration left = Duration.between(clock.instant(), lease.until());
        Duration valid = left.isNegative() ? Duration.ZERO : left;
        return new Granted(lease, valid, valid, valid);
    }

    private CompletionStage<LeaseDecision> ask(Supplier<CompletionStage<LeaseDecision>> question) {
        return guarded(question, new Refused(Reason.BUSY, "the server has an internal problem"));
    }

    private <T> CompletionStage<T> guarded(Supplier<CompletionStage<T>> call, T otherwise) {
        CompletionStage<T> stage;
        try {
            stage = call.get();
        } catch (RuntimeException defect) {
            stage = CompletableFuture.failedFuture(defect);
        }
        return stage.handle((value, problem) -> {
            if (problem != null) {
                defects.report(problem);
                return otherwise;
            }
            return value;
        });
    }
}
