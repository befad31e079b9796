package io.dstm.management.internal;

import io.dstm.api.tep.TunnelEndPoint;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;
import javax.management.StandardMBean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one MXBean for the node and one for each role that is there. Every change of roles compares what should be registered
 * with what is, so neither the order of events nor one that is missed leaves a bean behind.
 */
final class MBeans {

    /** The domain of all object names. */
    static final String DOMAIN = "io.dstm";

    private static final Logger log = LoggerFactory.getLogger(MBeans.class);

    private final MBeanServer server;
    private final LocalNode node;
    private final JmxDoor door;
    private final Set<ObjectName> registered = new HashSet<>();
    private boolean started;

    MBeans(MBeanServer server, LocalNode node) {
        this.server = server;
        this.node = node;
        this.door = new JmxDoor(node::operations);
    }

    /** Registers what is there. */
    synchronized void start() {
        started = true;
        follow();
    }

    /** Unregisters everything; later changes of roles are ignored. */
    synchronized void stop() {
        started = false;
        Set.copyOf(registered).forEach(this::unregister);
    }

    /** Makes the registered beans those of the roles that are there now. */
    synchronized void follow() {
        if (!started) {
            return;
        }
        Map<ObjectName, StandardMBean> wanted = wanted();
        for (ObjectName name : Set.copyOf(registered)) {
            if (!wanted.containsKey(name)) {
                unregister(name);
            }
        }
        wanted.forEach(this::register);
    }

    /** Asks only which roles are there, not how they are: a role may hold its own lock while it comes or goes. */
    private Map<ObjectName, StandardMBean> wanted() {
        Map<ObjectName, StandardMBean> wanted = new HashMap<>();
        wanted.put(name("type=Node"), new StandardMBean(new NodeBean(node, door), NodeMXBean.class, true));
        if (node.leaseService() != null) {
            wanted.put(name("type=Server"), new StandardMBean(new ServerBean(node, door), ServerMXBean.class, true));
        }
        for (TunnelEndPoint tep : node.tunnelEndPoints()) {
            String name = tep.name();
            wanted.put(
                    name("type=Tep,name=" + (name.matches("[A-Za-z0-9._-]+") ? name : ObjectName.quote(name))),
                    new StandardMBean(new TepBean(node, name), TepMXBean.class, true));
        }
        if (node.ipv4OnDemand() != null) {
            wanted.put(name("type=Client"), new StandardMBean(new ClientBean(node), ClientMXBean.class, true));
        }
        return wanted;
    }

    private static ObjectName name(String properties) {
        try {
            return new ObjectName(DOMAIN + ":" + properties);
        } catch (MalformedObjectNameException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private void register(ObjectName name, StandardMBean bean) {
        if (registered.contains(name)) {
            return;
        }
        try {
            server.registerMBean(bean, name);
            registered.add(name);
        } catch (JMException refused) {
            log.warn(
                    "DSTM-8001 MXBean {} cannot be registered and is missing from JMX: {}; restart the bundle"
                            + " io.dstm-management once the name is free",
                    name,
                    refused.toString());
        }
    }

    private void unregister(ObjectName name) {
        registered.remove(name);
        try {
            server.unregisterMBean(name);
        } catch (InstanceNotFoundException ignored) {
            // Somebody else took it away, which is what was wanted.
        } catch (JMException refused) {
            log.warn("DSTM-8002 MXBean {} cannot be unregistered and stays in JMX: {}", name, refused.toString());
        }
    }
}
