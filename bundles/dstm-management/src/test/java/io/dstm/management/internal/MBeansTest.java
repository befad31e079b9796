package io.dstm.management.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.lease.Lease;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import java.util.List;
import java.util.Set;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;
import javax.management.RuntimeMBeanException;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;
import org.junit.jupiter.api.Test;

/** Reads the beans as a JMX client does, through the server and in open types. */
class MBeansTest {

    private static final Lease LEASE = FakeNode.lease("192.0.2.1", new PortSet(0, 6, 5), "0001aa", "2001:db8::a");

    private final MBeanServer server = MBeanServerFactory.newMBeanServer();
    private final FakeNode node = new FakeNode();
    private final MBeans beans = new MBeans(server, node);

    private Set<ObjectName> names() throws Exception {
        return server.queryNames(new ObjectName("io.dstm:*"), null);
    }

    private Object attribute(String name, String attribute) throws Exception {
        return server.getAttribute(new ObjectName("io.dstm:" + name), attribute);
    }

    private CompositeData invoke(String name, String operation, Object... arguments) throws Exception {
        String[] signature = arguments.length == 2
                ? new String[] {"int", "int"}
                : new String[] {"java.lang.String", "java.lang.String", "int", "int"};
        return (CompositeData) server.invoke(new ObjectName("io.dstm:" + name), operation, arguments, signature);
    }

    private static ObjectName name(String properties) throws Exception {
        return new ObjectName("io.dstm:" + properties);
    }

    @Test
    void beans_come_and_go_with_their_roles() throws Exception {
        node.leases = FakeNode.server(List.of());
        beans.follow();
        assertThat(names()).as("before the start").isEmpty();

        beans.start();
        assertThat(names()).containsExactlyInAnyOrder(name("type=Node"), name("type=Server"));

        node.leases = null;
        node.client = FakeNode.client(null);
        node.teps.add(FakeNode.tep("west", List.of()));
        node.teps.add(FakeNode.tep("a,b=c", List.of()));
        beans.follow();
        assertThat(names())
                .containsExactlyInAnyOrder(
                        name("type=Node"),
                        name("type=Client"),
                        name("type=Tep,name=west"),
                        name("type=Tep,name=\"a,b=c\""));

        beans.stop();
        node.leases = FakeNode.server(List.of());
        beans.follow();
        assertThat(names()).as("after the stop").isEmpty();
    }

    @Test
    void name_that_is_taken_costs_that_bean_only() throws Exception {
        server.registerMBean(
                new javax.management.StandardMBean(new NodeBean(node, new JmxDoor(() -> null)), NodeMXBean.class, true),
                name("type=Node"));
        node.leases = FakeNode.server(List.of());
        beans.start();
        assertThat(names()).contains(name("type=Server"));
        beans.stop();
        assertThat(names()).as("not ours to remove").containsExactly(name("type=Node"));
    }

    @Test
    void node_tells_roles_and_refused_configurations() throws Exception {
        node.leases = FakeNode.server(List.of());
        node.teps.add(FakeNode.tep("tep", List.of()));
        node.reports.add(() -> List.of(
                new ConfigReport.Entry("io.dstm.server", true, List.of(), FakeNode.NOW),
                new ConfigReport.Entry(
                        "io.dstm.pool~x", false, List.of(new ConfigProblem("ranges", "is required")), FakeNode.NOW)));
        beans.start();

        assertThat(attribute("type=Node", "Version")).isEqualTo("1.2.3");
        assertThat(attribute("type=Node", "Roles")).isEqualTo(new String[] {"server", "tep"});
        assertThat(attribute("type=Node", "RefusedConfigurations")).isEqualTo(1);
        CompositeData refused = ((CompositeData[]) attribute("type=Node", "Configurations"))[0];
        assertThat(refused.get("pid")).isEqualTo("io.dstm.pool~x");
        assertThat(refused.get("problems")).isEqualTo(new String[] {"ranges: is required"});
        assertThat(refused.get("changed")).isEqualTo("2026-11-21T12:00:00Z");
    }

    @Test
    void server_tells_pools_and_pages_leases() throws Exception {
        node.leases =
                FakeNode.server(List.of(LEASE, FakeNode.lease("192.0.2.7", PortSet.FULL, "0001bb", "2001:db8::b")));
        beans.start();

        CompositeData pool = ((CompositeData[]) attribute("type=Server", "Pools"))[0];
        assertThat(pool.get("ranges")).isEqualTo(new String[] {"192.0.2.0-192.0.2.255"});
        assertThat(pool.get("free")).isEqualTo(254L - 2 - 2 - 3);
        assertThat(attribute("type=Server", "ActiveLeases")).isEqualTo(2L);
        assertThat(attribute("type=Server", "FreeLeases")).isEqualTo(247L);

        CompositeData page = invoke("type=Server", "leases", 0, 1);
        CompositeData lease = ((CompositeData[]) page.get("leases"))[0];
        assertThat(page.get("total")).isEqualTo(2L);
        assertThat(lease.get("address")).isEqualTo("192.0.2.1");
        assertThat(lease.get("ports")).isEqualTo("5120-6143");
        assertThat(lease.get("client")).isEqualTo("duid:0001aa/1");
        assertThat(lease.get("state")).isEqualTo("ACTIVE");
        assertThat(lease.get("until")).isEqualTo("2026-11-21T13:00:00Z");
        assertThat((CompositeData[]) invoke("type=Server", "findLeases", "", "192.0.2.7", 0, 10)
                        .get("leases"))
                .hasSize(1);
        assertThat((CompositeData[])
                        invoke("type=Server", "findLeases", "0001cc", "", 0, 10).get("leases"))
                .isEmpty();
    }

    @Test
    void page_without_end_is_refused() throws Exception {
        node.leases = FakeNode.server(List.of(LEASE));
        beans.start();
        assertThatThrownBy(() -> invoke("type=Server", "leases", 0, 1_000_000))
                .isInstanceOf(RuntimeMBeanException.class)
                .hasRootCauseInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void tep_tells_state_counters_and_pages_bindings() throws Exception {
        node.teps.add(FakeNode.tep("tep", List.of(Binding.of(LEASE))));
        beans.start();

        assertThat(attribute("type=Tep,name=tep", "State")).isEqualTo("FORWARDING");
        assertThat(attribute("type=Tep,name=tep", "BindingCount")).isEqualTo(1);
        CompositeData counter =
                ((TabularData) attribute("type=Tep,name=tep", "Counters")).get(new Object[] {"in-ipv6"});
        assertThat(((CompositeData) counter.get("value")).get("bytes")).isEqualTo(700L);
        CompositeData binding = ((CompositeData[])
                        invoke("type=Tep,name=tep", "bindings", 0, 10).get("bindings"))
                [0];
        assertThat(binding.get("tunnelSource")).isEqualTo("2001:db8::a");
        assertThat(binding.get("tunnelAddress")).isEqualTo("2001:db8:1::1");
        assertThat(binding.get("expires")).isEqualTo("2026-11-21T13:00:00Z");
    }

    @Test
    void client_tells_state_and_lease() throws Exception {
        node.client = FakeNode.client(null);
        beans.start();
        assertThat(attribute("type=Client", "State")).isEqualTo("IDLE");
        assertThat(attribute("type=Client", "Lease")).isNull();

        node.client = FakeNode.client(FakeNode.clientLease());
        CompositeData lease = (CompositeData) attribute("type=Client", "Lease");
        assertThat(lease.get("address")).isEqualTo("192.0.2.1");
        assertThat(lease.get("expires")).isEqualTo("2026-11-21T13:00:00Z");
        assertThat(lease.get("renewable")).isEqualTo(true);
        assertThat(((TabularData) attribute("type=Client", "Counters")).size()).isEqualTo(1);
    }

    @Test
    void bean_of_a_role_that_just_left_answers_empty() throws Exception {
        node.leases = FakeNode.server(List.of(LEASE));
        node.teps.add(FakeNode.tep("tep", List.of()));
        node.client = FakeNode.client(null);
        beans.start();
        node.leases = null;
        node.teps.clear();
        node.client = null;

        assertThat((CompositeData[]) attribute("type=Server", "Pools")).isEmpty();
        assertThat(invoke("type=Server", "leases", 0, 10).get("total")).isEqualTo(0L);
        assertThat(attribute("type=Tep,name=tep", "State")).isEqualTo("STOPPED");
        assertThat(attribute("type=Client", "State")).isEqualTo("FAILED");
    }
}
