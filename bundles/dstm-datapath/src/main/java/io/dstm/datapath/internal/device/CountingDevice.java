package io.dstm.datapath.internal.device;

import io.dstm.api.datapath.PacketDevice;

/** A packet device that counts: every packet it sees is in exactly one of these numbers. */
public interface CountingDevice extends PacketDevice {

    /** The name for messages. */
    String name();

    /** Packets given to the receiver. */
    long received();

    /** Packets the kernel took. */
    long sent();

    /** Packets handed to {@code send} that the kernel did not take. */
    long refused();

    /** Packets that came and were longer than a slot. */
    long tooLong();

    /** Packets that came to an address which is not the device's. */
    long notOurs();

    /** Native calls that could move packets. */
    long calls();
}
