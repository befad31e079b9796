package io.dstm.management.internal;

import io.dstm.api.client.Ipv4OnDemand;
import io.dstm.api.config.ConfigHistory;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.lease.ClientCaller;
import io.dstm.api.lease.LeaseHistory;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.management.MessageCounters;
import io.dstm.api.management.NodeView;
import io.dstm.api.management.Operations;
import io.dstm.api.tep.TunnelEndPoint;
import java.lang.management.ManagementFactory;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/** Follows the roles as they come and go, offers the view of them as a service and keeps their MXBeans. */
@Component(
        service = {NodeView.class, NodeComponent.class},
        immediate = true)
public final class NodeComponent extends LocalNode {

    private final String version;
    private final MBeans beans;
    private final Collection<TunnelEndPoint> teps = new CopyOnWriteArrayList<>();
    private final Collection<ConfigReport> reports = new CopyOnWriteArrayList<>();
    private final Collection<ClientCaller> callers = new CopyOnWriteArrayList<>();
    private final Collection<MessageCounters> endpoints = new CopyOnWriteArrayList<>();
    private volatile @Nullable LeaseService leases;
    private volatile @Nullable LeaseHistory history;
    private volatile @Nullable Ipv4OnDemand client;
    private volatile @Nullable Operations operations;
    private volatile @Nullable ConfigHistory configHistory;

    /** Starts without any role. */
    @Activate
    public NodeComponent(BundleContext context) {
        version = context.getBundle().getVersion().toString();
        beans = new MBeans(ManagementFactory.getPlatformMBeanServer(), this);
    }

    /** Shows what was bound so far. */
    @Activate
    void start() {
        beans.start();
    }

    /** Takes every MXBean away. */
    @Deactivate
    void stop() {
        beans.stop();
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void bindLeases(LeaseService service) {
        leases = service;
        beans.follow();
    }

    void unbindLeases(LeaseService service) {
        if (leases == service) {
            leases = null;
        }
        beans.follow();
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void bindHistory(LeaseHistory service) {
        history = service;
    }

    void unbindHistory(LeaseHistory service) {
        if (history == service) {
            history = null;
        }
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindTep(TunnelEndPoint tep) {
        teps.add(tep);
        beans.follow();
    }

    void unbindTep(TunnelEndPoint tep) {
        teps.remove(tep);
        beans.follow();
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void bindClient(Ipv4OnDemand service) {
        client = service;
        beans.follow();
    }

    void unbindClient(Ipv4OnDemand service) {
        if (client == service) {
            client = null;
        }
        beans.follow();
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindReport(ConfigReport report) {
        reports.add(report);
    }

    void unbindReport(ConfigReport report) {
        reports.remove(report);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindCaller(ClientCaller caller) {
        callers.add(caller);
    }

    void unbindCaller(ClientCaller caller) {
        callers.remove(caller);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindEndpoint(MessageCounters endpoint) {
        endpoints.add(endpoint);
    }

    void unbindEndpoint(MessageCounters endpoint) {
        endpoints.remove(endpoint);
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void bindOperations(Operations service) {
        operations = service;
    }

    void unbindOperations(Operations service) {
        if (operations == service) {
            operations = null;
        }
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void bindConfigHistory(ConfigHistory service) {
        configHistory = service;
    }

    void unbindConfigHistory(ConfigHistory service) {
        if (configHistory == service) {
            configHistory = null;
        }
    }

    @Override
    protected @Nullable Operations operations() {
        return operations;
    }

    @Override
    protected @Nullable ConfigHistory configHistory() {
        return configHistory;
    }

    @Override
    public String version() {
        return version;
    }

    @Override
    protected @Nullable LeaseService leaseService() {
        return leases;
    }

    @Override
    protected @Nullable LeaseHistory leaseHistory() {
        return history;
    }

    @Override
    protected Collection<TunnelEndPoint> tunnelEndPoints() {
        return List.copyOf(teps);
    }

    @Override
    protected @Nullable Ipv4OnDemand ipv4OnDemand() {
        return client;
    }

    @Override
    protected Collection<ConfigReport> configReports() {
        return List.copyOf(reports);
    }

    @Override
    protected Collection<ClientCaller> clientCallers() {
        return List.copyOf(callers);
    }

    @Override
    protected Collection<MessageCounters> endpoints() {
        return List.copyOf(endpoints);
    }
}
