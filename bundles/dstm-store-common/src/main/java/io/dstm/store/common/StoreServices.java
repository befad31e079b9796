package io.dstm.store.common;

import io.dstm.api.ipv6.Ipv6LeaseStore;
import io.dstm.api.lease.LeaseHistory;
import io.dstm.api.lease.LeaseStore;
import java.util.ArrayList;
import java.util.List;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/** Offers a store as services; used by the keeper's thread alone. */
public final class StoreServices implements StoreKeeper.Offer {

    private final BundleContext context;
    private final List<ServiceRegistration<?>> registrations = new ArrayList<>();

    /** Registers with {@code context}. */
    public StoreServices(BundleContext context) {
        this.context = context;
    }

    @Override
    public void publish(DurableStore store) {
        registrations.add(context.registerService(
                new String[] {LeaseStore.class.getName(), LeaseHistory.class.getName()}, store, null));
        registrations.add(context.registerService(Ipv6LeaseStore.class, store.ipv6(), null));
    }

    @Override
    public void withdraw() {
        registrations.forEach(registration -> {
            try {
                registration.unregister();
            } catch (IllegalStateException ignored) {
                // The framework was first: the bundle is stopping.
            }
        });
        registrations.clear();
    }
}
