package io.dstm.store.journal.internal;

import io.dstm.api.ipv6.Ipv6LeaseStore;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseEvent;
import io.dstm.api.lease.LeaseHistory.End;
import io.dstm.api.lease.LeaseStore;
import io.dstm.store.common.PackedKey;
import io.dstm.store.common.StoreProblem;
import io.dstm.store.journal.internal.Journal.Holding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Appends changes to a block, and what they end to the history: compares the fingerprint of each holding with the one before, so that
 * a renewal reads nothing. For one thread.
 */
final class ChangeWriter {

    private final Journal journal;
    private final HistoryFiles history;
    private final InstantSource clock;

    /** Where entries of the history are in the block. */
    private final List<Integer> noted = new ArrayList<>();

    private long now;

    ChangeWriter(Journal journal, HistoryFiles history, InstantSource clock) {
        this.journal = journal;
        this.history = history;
        this.clock = clock;
    }

    /** Begins with a block. */
    void begin() {
        noted.clear();
        now = clock.instant().getEpochSecond();
    }

    /** Appends a commit. */
    void append(Output out, Commit commit) throws IOException, StoreProblem {
        if (commit instanceof Commit.Leases leases) {
            for (LeaseStore.Change change : leases.changes()) {
                if (change instanceof LeaseStore.Change.Put put) {
                    put(out, put);
                } else if (change instanceof LeaseStore.Change.Remove remove) {
                    remove(out, remove);
                }
            }
        } else if (commit instanceof Commit.Ipv6Leases leases) {
            leases.changes().forEach(change -> append(out, change));
        }
    }

    private void append(Output out, Ipv6LeaseStore.Change change) {
        if (change instanceof Ipv6LeaseStore.Change.Put put) {
            int at = Entries.put(out, put.lease());
            journal.live().putIpv6(out.buffer(), at, journal.active(), journal.added(at));
        } else if (change instanceof Ipv6LeaseStore.Change.Remove remove) {
            int at = out.size();
            Entries.remove(out, remove.prefix());
            journal.live().removeIpv6(out.buffer(), at);
        }
    }

    private void put(Output out, LeaseStore.Change.Put put) throws IOException, StoreProblem {
        Lease lease = put.lease();
        LiveSet live = journal.live();
        long since = lease.since().getEpochSecond();
        int at = Entries.put(out, lease, since);
        ByteBuffer in = out.buffer();
        int slot = live.find(in.getLong(at + Entries.KEY));
        long print = slot < 0 ? 0 : live.leases().second(slot);
        if (print != 0) {
            long place = live.leases().place(slot);
            boolean held = Entries.isHeld(in, at);
            boolean same = held && print == Entries.print(in, at);
            if (same && Place.hasMoved(place)) {
                in.putLong(at + Entries.FROM, journal.from(place));
            } else if (!same && history.settings().on()) {
                Holding before = journal.read(place);
                boolean goesOn = held && isSameHolding(before.lease(), lease);
                if (goesOn) {
                    in.putLong(at + Entries.FROM, Math.max(now, since));
                }
                end(out, before, goesOn, put.why());
            }
        }
        live.put(out.buffer(), at, journal.active(), journal.added(at));
    }

    private static boolean isSameHolding(Lease before, Lease after) {
        return before.since().getEpochSecond() == after.since().getEpochSecond()
                && before.client().equals(after.client());
    }

    private void remove(Output out, LeaseStore.Change.Remove remove) throws IOException, StoreProblem {
        LiveSet live = journal.live();
        long key = PackedKey.pack(remove.key());
        int slot = live.find(key);
        if (slot < 0) {
            return;
        }
        if (live.leases().second(slot) != 0 && history.settings().on()) {
            end(out, journal.read(live.leases().place(slot)), false, null);
        }
        Entries.remove(out, remove.key());
        live.remove(key);
    }

    private void end(Output out, Holding before, boolean goesOn, LeaseEvent.@Nullable Kind why) {
        long until = before.lease().until().getEpochSecond();
        long to = Math.max(before.from(), goesOn ? now : Math.min(now, until));
        End end = goesOn ? End.MOVED : ending(why, until <= now);
        noted.add(out.size());
        Entries.history(out, history.next() + noted.size() - 1, before.lease(), before.from(), to, end);
    }

    /** Where nobody says why, a lease whose time was up ran out. */
    private static End ending(LeaseEvent.@Nullable Kind why, boolean over) {
        if (why == LeaseEvent.Kind.RELEASED) {
            return End.RELEASED;
        }
        if (why == LeaseEvent.Kind.DECLINED) {
            return End.DECLINED;
        }
        return over || why == LeaseEvent.Kind.EXPIRED ? End.EXPIRED : End.WITHDRAWN;
    }

    /** The number of the next entry of the history, were the block flushed. */
    long nextHistory() {
        return history.next() + noted.size();
    }

    /** The block is flushed: what ended goes where it belongs. */
    void flushed(Output out, Segment segment) {
        for (int at : noted) {
            segment.noteHistory(out.buffer().getLong(at + Entries.H_ID));
            history.append(out.buffer(), at);
        }
        noted.clear();
        history.write();
    }
}
