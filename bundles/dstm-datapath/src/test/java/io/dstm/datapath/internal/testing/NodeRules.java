package io.dstm.datapath.internal.testing;

import io.dstm.client.internal.tunnel.NodeCounters;
import io.dstm.client.internal.tunnel.NodeTunnel;
import io.dstm.client.internal.tunnel.TunnelListener;
import io.dstm.client.internal.tunnel.TunnelSettings;

/** The rules of a node, for what datapaths are held against. */
public final class NodeRules {

    private static final class Silent implements TunnelListener {

        @Override
        public void packetWaits(int destination, int protocol) {}

        @Override
        public void pathLearned() {}

        @Override
        public void sourceRefused() {}
    }

    private NodeRules() {}

    /** Rules with no lease yet, for a tunnel MTU of 1500, that tell nobody what they see. */
    public static NodeTunnel silent() {
        return of(new TunnelSettings(1500, 16, 64, false, false));
    }

    /** The same with other settings. */
    public static NodeTunnel of(TunnelSettings settings) {
        return new NodeTunnel(settings, new Silent(), new NodeCounters());
    }
}
