package io.dstm.datapath.internal.device;

import io.dstm.api.datapath.DatapathException;

/** The device can move no more packets, now or later. */
public final class DeviceGoneException extends DatapathException {

    private static final long serialVersionUID = 1L;

    /** Says which device and why. */
    public DeviceGoneException(String message) {
        super(message);
    }
}
