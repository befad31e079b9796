package io.dstm.tep.internal.replay;

import java.nio.file.Path;

/** The packets of a capture, one at a time. */
final class Capture implements AutoCloseable {

    private final CaptureSource source;
    private final CaptureFormat format;
    private final Frame frame = new Frame();
    private boolean there;

    private long packets;
    private long notIp;
    private long cutShort;

    /** Opens a capture and goes to its first packet. */
    Capture(Path file) throws ReplayException {
        source = new CaptureSource(file);
        try {
            format = CaptureFormat.of(source);
            advance();
        } catch (ReplayException unusable) {
            source.close();
            throw unusable;
        }
    }

    /** Whether there is a packet; if so, {@link #packet()} is it. */
    boolean hasPacket() {
        return there;
    }

    /** The present packet, until {@link #advance()}. */
    Frame packet() {
        return frame;
    }

    /** Goes to the next packet. */
    void advance() throws ReplayException {
        while (format.next(frame)) {
            LinkType.Content content = LinkType.find(frame);
            if (content == LinkType.Content.PACKET) {
                packets++;
                there = true;
                return;
            }
            notIp += content == LinkType.Content.NOT_IP ? 1 : 0;
            cutShort += content == LinkType.Content.CUT_SHORT ? 1 : 0;
        }
        there = false;
    }

    /** IP packets so far. */
    long packets() {
        return packets;
    }

    /** Frames so far without an IP packet in them. */
    long notIp() {
        return notIp;
    }

    /** Packets so far that nothing can be said about, since the capture has only their beginning. */
    long cutShort() {
        return cutShort;
    }

    @Override
    public void close() {
        source.close();
    }
}
