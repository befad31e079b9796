package io.dstm.datapath.internal.bpf;

import io.dstm.api.datapath.DatapathException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A program on a device.
 *
 * @param device the device's name
 * @param index its index
 * @param seat where the program sits
 * @param hold what holds it there
 * @param refusal why it does not sit in a better place; empty if there is none, or if that is of no interest
 */
record Placed(String device, int index, Seat seat, Hold hold, String refusal) {

    /**
     * Where programs go.
     *
     * @param seats where on a device, the best first
     * @param place where packets are shown to them
     * @param tunnel the tunnel that they belong to
     * @param kept what keeps them without a process; {@code null} if they are to go with it
     */
    record Placement(
            List<Seat> seats,
            Bpf.Place place,
            String tunnel,
            @Nullable Pins kept) {

        /**
         * Puts a program on a device, where that is best and possible; what an earlier process has kept there goes.
         *
         * @throws DatapathException if it is not possible; the device is left alone
         */
        Placed put(int program, String device, int index) throws DatapathException {
            Placed placed = takenOver(program, device, index);
            if (placed == null) {
                placed = anew(program, device, index);
                if (kept != null) {
                    try {
                        kept.keep(placed.hold.descriptor(), index, placed.seat);
                    } catch (DatapathException impossible) {
                        placed.hold.close();
                        throw impossible;
                    }
                }
            }
            if (kept != null) {
                kept.forgetOthers(index, placed.seat);
            }
            return placed;
        }

        private @Nullable Placed takenOver(int program, String device, int index) {
            if (kept == null) {
                return null;
            }
            for (Seat seat : seats) {
                int left = seat.isTakenOver() ? kept.find(index, seat) : -1;
                if (left >= 0) {
                    Hold hold = new Hold.Link(left);
                    try {
                        hold.exchange(program);
                        return new Placed(device, index, seat, hold, "");
                    } catch (DatapathException gone) {
                        // With the device, and there may be another of its index.
                        hold.release();
                        kept.forget(index, seat);
                    }
                }
            }
            return null;
        }

        private Placed anew(int program, String device, int index) throws DatapathException {
            List<DatapathException> refusals = new ArrayList<>();
            for (Seat seat : seats) {
                try {
                    Hold hold = put(seat, program, device, index);
                    return new Placed(device, index, seat, hold, seat == Seat.CLSACT ? said(refusals) : "");
                } catch (DatapathException refused) {
                    refusals.add(refused);
                }
            }
            throw new DatapathException(
                    "Cannot put the program on " + device + ": " + said(refusals), refusals.get(refusals.size() - 1));
        }

        private Hold put(Seat seat, int program, String device, int index) throws DatapathException {
            try {
                return seat.put(program, place, device, index, tunnel);
            } catch (SeatTakenException taken) {
                if (kept == null) {
                    throw taken;
                }
                // By what an earlier process has left in another way.
                kept.forgetOthers(index, seat);
                return seat.put(program, place, device, index, tunnel);
            }
        }

        private String said(List<DatapathException> refusals) {
            List<String> reasons = new ArrayList<>();
            for (int i = 0; i < refusals.size(); i++) {
                String reason = String.valueOf(refusals.get(i).getMessage());
                reasons.add(seats.get(i) == Seat.CLSACT ? "clsact: " + reason : reason);
            }
            return reasons.stream().distinct().collect(Collectors.joining("; "));
        }
    }

    /** Devices and places, for the status. */
    static String describe(Collection<Placed> all) {
        String why = all.stream()
                .map(Placed::refusal)
                .filter(refusal -> !refusal.isEmpty())
                .distinct()
                .map(refusal -> " (" + refusal + ")")
                .collect(Collectors.joining());
        return all.stream().map(placed -> placed.device + placed.seat.remark()).collect(Collectors.joining(", ")) + why;
    }
}
