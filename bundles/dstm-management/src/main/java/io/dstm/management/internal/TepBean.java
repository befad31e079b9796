package io.dstm.management.internal;

import io.dstm.api.management.NodeView;
import io.dstm.api.management.Page;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.CounterValue;
import io.dstm.api.tep.TepStatus;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A TEP in JMX's types. */
final class TepBean implements TepMXBean {

    private static final TepStatus GONE = new TepStatus(TepStatus.State.STOPPED, "", "", "", 0, 0);

    private final NodeView node;
    private final String name;

    TepBean(NodeView node, String name) {
        this.node = node;
        this.name = name;
    }

    private Optional<NodeView.TepView> tep() {
        return node.teps().stream()
                .filter(candidate -> candidate.name().equals(name))
                .findFirst();
    }

    private TepStatus status() {
        return tep().map(NodeView.TepView::status).orElse(GONE);
    }

    @Override
    public String getState() {
        return status().state().name();
    }

    @Override
    public String getDetail() {
        return status().detail();
    }

    @Override
    public String getDevice() {
        return status().device();
    }

    @Override
    public String getDatapath() {
        return status().datapath();
    }

    @Override
    public int getTunnelMtu() {
        return status().tunnelMtu();
    }

    @Override
    public int getBindingCount() {
        return status().bindings();
    }

    @Override
    public Map<String, CounterValue> getCounters() {
        return byName(tep().map(NodeView.TepView::counters).orElse(List.of()));
    }

    /** Counters as a table that JMX clients can look into by name. */
    static Map<String, CounterValue> byName(List<CounterValue> counters) {
        Map<String, CounterValue> byName = new LinkedHashMap<>();
        counters.forEach(counter -> byName.put(counter.name(), counter));
        return byName;
    }

    @Override
    public BindingPage bindings(int offset, int limit) {
        return findBindings("", "", offset, limit);
    }

    @Override
    public BindingPage findBindings(String client, String address, int offset, int limit) {
        Page<Binding> page = tep().map(tep -> tep.bindings(ServerBean.query(client, address, offset, limit)))
                .orElse(new Page<>(List.of(), offset, 0));
        return new BindingPage(page.items().stream().map(TepBean::binding).toList(), page.offset(), page.total());
    }

    private static BindingData binding(Binding binding) {
        return new BindingData(
                binding.key().address().toString(),
                binding.key().ports().toString(),
                binding.tunnelSource().toString(),
                binding.tunnelAddress().toString(),
                binding.expires().toString());
    }
}
