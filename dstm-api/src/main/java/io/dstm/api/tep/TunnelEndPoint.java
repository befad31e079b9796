package io.dstm.api.tep;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A TEP as its server sees it. Registered as a service once it can take bindings. A stage that completes is the acknowledgement:
 * the next packet is judged by the new bindings. One that completes exceptionally with {@link TepException} changed nothing.
 */
public interface TunnelEndPoint {

    /** The TEP's name, by which pools refer to it. */
    String name();

    /** The address clients tunnel to. */
    Ipv6Address tunnelAddress();

    /**
     * Makes the table exactly {@code bindings}, by comparison: what is equal stays untouched, so flows go on. A TEP judges no
     * packet before its first {@code resync}.
     *
     * @param served the addresses this server may bind; the TEP attracts their traffic
     */
    CompletionStage<ResyncReport> resync(Collection<Ipv4Range> served, Collection<Binding> bindings);

    /**
     * Changes which addresses are attracted and leaves the bindings alone, so that new pools cost no comparison of the whole
     * table. A TEP that cannot do that fails, and is resynced instead.
     *
     * @param served the addresses this server may bind; bound addresses outside are attracted too
     */
    default CompletionStage<Void> serve(Collection<Ipv4Range> served) {
        return CompletableFuture.failedFuture(new TepException("this TEP takes whole tables only", null));
    }

    /** Adds bindings or replaces those with the same key, all at once. */
    CompletionStage<Void> install(Collection<Binding> bindings);

    /** Forgets bindings, all at once; keys without one are no error. */
    CompletionStage<Void> remove(Collection<LeaseKey> keys);

    /** Shows every binding from a snapshot, in no order. */
    void forEachBinding(Consumer<Binding> visitor);

    /**
     * Shows every binding that has a wanted key, in no order. Every key is asked for once; what is not wanted costs next to nothing
     * where the implementation knows better than to make an object of it. It may look at them in parts: what changes meanwhile may
     * be shown as it was or as it is, and one whose tunnel source changes meanwhile twice or not at all.
     */
    default void forEachBinding(Predicate<? super LeaseKey> wanted, Consumer<Binding> visitor) {
        forEachBinding(binding -> {
            if (wanted.test(binding.key())) {
                visitor.accept(binding);
            }
        });
    }

    /** Shows the bindings with these keys, in no order. Looks at every binding unless the implementation knows better. */
    default void forEachBindingOf(Collection<LeaseKey> keys, Consumer<Binding> visitor) {
        forEachBinding(Set.copyOf(keys)::contains, visitor);
    }

    /** How many bindings there are. */
    int bindingCount();

    /** Every outcome of a packet with its counter, in the order of their definition. */
    List<CounterValue> counters();

    /**
     * Shows the last packets that ended in a counter. Recording begins with the first call, one counter at a time, and ends some
     * minutes after the latest call.
     *
     * @param counter the counter's name
     * @param count how many packets to show at most, 1 to {@link PacketTrace#MOST_PACKETS}
     * @return empty if this TEP cannot show packets
     * @throws IllegalArgumentException if there is no such counter
     */
    default Optional<PacketTrace> trace(String counter, int count) {
        return Optional.empty();
    }

    /** Ends the recording and forgets the packets. */
    default void endTrace() {}

    /** What operators should know. */
    TepStatus status();

    /**
     * What a resync changed.
     *
     * @param added bindings that were missing
     * @param changed bindings that differed
     * @param removed bindings that should not have been
     */
    record ResyncReport(int added, int changed, int removed) {}
}
