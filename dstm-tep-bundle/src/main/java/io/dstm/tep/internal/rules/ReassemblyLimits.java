package io.dstm.tep.internal.rules;

/**
 * How much reassembly may take.
 *
 * @param bytes of fragments that are kept at once, for each direction and family; 0 switches reassembly off
 * @param packetsPerSource of one source that are incomplete at once, from 1
 * @param fragmentsPerPacket from 1
 */
public record ReassemblyLimits(int bytes, int packetsPerSource, int fragmentsPerPacket) {

    /** Room for some three thousand fragments of full size; 64 of 1232 bytes carry the longest packet there is. */
    public static final ReassemblyLimits DEFAULT = new ReassemblyLimits(4 << 20, 64, 64);

    /** No fragment is kept. */
    public static final ReassemblyLimits OFF = new ReassemblyLimits(0, 1, 1);
}
