package io.dstm.management.internal;

import io.dstm.api.management.HealthView;
import io.dstm.api.management.NodeView;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** The health of this node as a service. */
@Component
public final class HealthComponent implements HealthView {

    private final NodeView node;

    /** Judges this node. */
    @Activate
    public HealthComponent(@Reference NodeView node) {
        this.node = node;
    }

    @Override
    public List<Finding> findings() {
        return Health.of(node);
    }
}
