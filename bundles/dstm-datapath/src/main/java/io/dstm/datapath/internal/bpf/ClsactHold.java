package io.dstm.datapath.internal.bpf;

import io.dstm.api.datapath.DatapathException;
import io.dstm.datapath.internal.nativecode.NativeCalls;
import io.dstm.datapath.internal.netlink.BpfFilters;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.function.IntPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A program on a device by the qdisc clsact, for kernels without tcx. A filter there outlives whoever made it, unlike a link. So what is a
 * filter is no more than a stand that hands packets to the program in a table of one place, and that place the kernel empties with the last
 * descriptor or name of the table: then the stand lets every packet through.
 */
final class ClsactHold implements Hold {

    private static final Logger log = LoggerFactory.getLogger(ClsactHold.class);

    private static final int PLACE = 0;

    private final int table;
    private final int device;
    private final int stand;

    private ClsactHold(int table, int device, int stand) {
        this.table = table;
        this.device = device;
        this.stand = stand;
    }

    /** How filters of a tunnel are called. */
    private static String name(String tunnel) {
        return "dstm:" + tunnel;
    }

    /** Puts a program on a device, in the place of what an earlier process has left there. */
    static ClsactHold put(int program, int device, Bpf.Place place, String tunnel) throws DatapathException {
        BpfFilters.Hook hook = place == Bpf.Place.TC_OUT ? BpfFilters.Hook.OUT : BpfFilters.Hook.IN;
        int table = Bpf.createMap("dstm_stand", Bpf.PROGRAMS, 4, 4, 1, 0);
        int stand = -1;
        try {
            enter(table, program);
            stand = Bpf.load(
                    "dstm_stand",
                    place,
                    BpfObject.resource("/bpf/stand.o").instructions("tc/stand", Map.of("program", table)));
            int id = Bpf.programId(stand);
            BpfFilters.put(device, hook, name(tunnel), stand);
            return new ClsactHold(table, device, id);
        } catch (DatapathException refused) {
            NativeCalls.dstm_close(table);
            throw refused;
        } finally {
            if (stand >= 0) {
                NativeCalls.dstm_close(stand);
            }
        }
    }

    private static void enter(int table, int program) throws DatapathException {
        Bpf.update(
                table,
                PLACE,
                ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder()).putInt(0, program));
    }

    /** Takes the filters of a tunnel off a device. */
    static void remove(String tunnel, int device) {
        try {
            BpfFilters.remove(device, filter -> filter.name().equals(name(tunnel)));
        } catch (DatapathException refused) {
            stays(refused);
        }
    }

    /** Takes the filters of a tunnel off all devices but those where they are still at work. */
    static void sweep(String tunnel, IntPredicate atWork) {
        try {
            BpfFilters.removeEverywhere(filter -> filter.name().equals(name(tunnel)) && !atWork.test(filter.device()));
        } catch (DatapathException refused) {
            stays(refused);
        }
    }

    private static void stays(DatapathException refused) {
        log.debug("A filter that lets every packet through stays on a device: {}", refused.getMessage());
    }

    @Override
    public int descriptor() {
        return table;
    }

    @Override
    public void exchange(int program) throws DatapathException {
        enter(table, program);
    }

    @Override
    public void release() {
        NativeCalls.dstm_close(table);
    }

    @Override
    public void close() {
        release();
        try {
            // Another process may have put its own there by now.
            BpfFilters.remove(device, filter -> filter.program() == stand);
        } catch (DatapathException refused) {
            stays(refused);
        }
    }
}
