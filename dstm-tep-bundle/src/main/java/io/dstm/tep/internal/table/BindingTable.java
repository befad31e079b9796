package io.dstm.tep.internal.table;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.TepException;
import io.dstm.api.tep.TunnelEndPoint.ResyncReport;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The bindings of a TEP: an open-addressing table of primitive longs. Packet threads read it through {@link TableReader} without
 * locks or garbage; writers exclude each other.
 *
 * <p>An update is prepared beside what readers see and takes effect at once, by publishing a view of the next epoch: new slots are
 * marked as seen by the next epoch only, replaced ones as seen by the present epoch only. The marks are settled at the start of the
 * next update, after the last reader has left the old epoch; only then may a slot be used again. A table that gets too full, or a
 * resync that changes most of it, is built in a new array and published the same way.
 *
 * <p>32 bytes a slot at 50 to 65 percent load, and up to 32 for the {@link HolderIndex}: less than 100 bytes a binding.
 */
public final class BindingTable {

    /** How many tunnel addresses bindings may name; they are searched one by one. */
    static final int MOST_TUNNELS = 1024;

    private static final int MOST_BINDINGS = 1 << 28;
    private static final int SMALLEST = 16;

    /** How many slots one call of {@link #expire} looks at, about a millisecond's worth. */
    private static final int EXPIRY_SCAN = 1 << 18;

    /** How many slots who walks the table looks at before writers have their turn. */
    private static final int WALKED = 1 << 12;

    private final List<TableReader> readers = new CopyOnWriteArrayList<>();
    private volatile TableView view = TableView.NOTHING;
    private volatile int size;

    // What the next view will have; guarded by this.
    private long[] slots = view.slots;
    private int capacity = view.capacity;
    private ParameterMap parameters = view.parameters;
    private long[] tunnels = view.tunnels;
    private AddressRanges served = view.served;
    private final HolderIndex holders = new HolderIndex();

    /** Slots that the next view sees. */
    private int live;
    /** Slots that are not empty, deleted ones included. */
    private int used;
    /** Slots whose marks wait to be settled. */
    private int[] marked = new int[64];

    private int markedCount;
    private int expiryCursor;

    /** A reader for one packet thread. */
    public TableReader newReader() {
        TableReader reader = new TableReader(this);
        readers.add(reader);
        return reader;
    }

    void forget(TableReader reader) {
        readers.remove(reader);
    }

    /** What packets see now. Only to be read between {@link TableReader#enter} and {@link TableReader#leave}. */
    TableView view() {
        return view;
    }

    /** How many bindings there are; an ended one counts until {@link #expire} finds it. */
    public int size() {
        return size;
    }

    /** Whether there is a binding with this key. */
    public synchronized boolean contains(LeaseKey key) {
        return TableView.slotOf(slots, capacity, Slot.key(key), TableView.stateOf(view.epoch)) != TableView.NONE;
    }

    /** The ranges that are attracted: those of the last resync, and bound addresses outside them. */
    public synchronized AddressRanges served() {
        return served;
    }

    /** Bytes of memory that the table holds. */
    public synchronized long memoryBytes() {
        return 8L * slots.length + holders.memoryBytes();
    }

    /**
     * Removes and adds at once: no packet sees one without the other. What is both removed and added is replaced.
     *
     * @throws TepException if the table cannot hold the result; then nothing has changed
     */
    public synchronized void apply(Collection<LeaseKey> removed, Collection<Binding> added) throws TepException {
        settle();
        Plan plan = new Plan(added);
        for (Binding binding : added) {
            int slot = find(Slot.key(binding.key()));
            plan.fresh += slot == TableView.NONE || !hasSource(slot, binding) ? 1 : 0;
        }
        prepare(plan, added, null);
        for (LeaseKey key : removed) {
            int slot = find(Slot.key(key));
            if (slot != TableView.NONE) {
                delete(slot);
            }
        }
        for (Binding binding : added) {
            put(binding);
        }
        publish();
    }

    /**
     * Makes the table exactly {@code bindings}, at once, touching only what differs.
     *
     * @param ranges the addresses to attract; bound addresses outside are attracted too
     * @throws TepException if the table cannot hold them; then nothing has changed
     */
    public synchronized ResyncReport resync(Collection<Ipv4Range> ranges, Collection<Binding> bindings)
            throws TepException {
        settle();
        Plan plan = new Plan(bindings);
        BitSet kept = new BitSet();
        for (Binding binding : bindings) {
            int slot = find(Slot.key(binding.key()));
            if (slot == TableView.NONE) {
                plan.fresh++;
            } else {
                kept.set(slot / Slot.WORDS);
                plan.fresh += hasSource(slot, binding) ? 0 : 1;
            }
        }
        int removed = live - kept.cardinality();
        plan.rebuild = plan.fresh + removed > live / 2;
        served = AddressRanges.of(ranges);
        prepare(plan, bindings, kept);
        if (slots == view.slots) {
            for (int slot = Slot.BASE; slot < slots.length; slot += Slot.WORDS) {
                if (isLive(slot) && !kept.get(slot / Slot.WORDS)) {
                    delete(slot);
                }
            }
        }
        int added = 0;
        int changed = 0;
        for (Binding binding : bindings) {
            switch (put(binding)) {
                case ADDED -> added++;
                case CHANGED -> changed++;
                default -> {
                    // equal already
                }
            }
        }
        publish();
        return new ResyncReport(added, changed, removed);
    }

    /**
     * Changes what is attracted to {@code ranges} and the bound addresses outside them. Looks at every binding once if any range goes:
     * 11 to 35 ms of processor for a million, and what is to be installed waits for it.
     */
    public synchronized void serve(Collection<Ipv4Range> ranges) {
        settle();
        AddressRanges wanted = AddressRanges.of(ranges);
        List<Ipv4Range> outside = new ArrayList<>();
        // Every bound address is among those served so far, so where these stay nothing is bound outside.
        boolean shrinks = !wanted.containsAll(served);
        for (int slot = Slot.BASE; shrinks && slot < slots.length; slot += Slot.WORDS) {
            if (isLive(slot) && !wanted.contains(Slot.address(slots[slot]))) {
                Ipv4Address address = new Ipv4Address(Slot.address(slots[slot]));
                outside.add(new Ipv4Range(address, address));
            }
        }
        served = wanted.plus(outside);
        publish();
    }

    /**
     * Removes bindings that have ended, a part of a large table at each call. Packets do not depend on it: they see the end of a
     * binding by themselves.
     *
     * @return how many were removed
     */
    public synchronized int expire(long seconds) {
        settle();
        int removed = 0;
        for (int looked = 0; looked < Math.min(capacity, EXPIRY_SCAN); looked++) {
            int slot = Slot.BASE + expiryCursor * Slot.WORDS;
            if (isLive(slot) && Slot.expiry(slots[slot + Slot.META]) <= seconds) {
                delete(slot);
                removed++;
            }
            expiryCursor = expiryCursor + 1 >= capacity ? 0 : expiryCursor + 1;
        }
        if (removed > 0) {
            publish();
        }
        return removed;
    }

    /** Shows every binding of one moment, in no order. The visitor may take its time: it works on a copy. */
    public void forEach(Consumer<Binding> visitor) {
        long[] copy;
        long[] ends;
        synchronized (this) {
            copy = new long[live * Slot.WORDS];
            ends = tunnels;
            int next = 0;
            int present = TableView.stateOf(view.epoch);
            for (int slot = Slot.BASE; slot < slots.length; slot += Slot.WORDS) {
                if ((slots[slot] & present) != 0) {
                    System.arraycopy(slots, slot, copy, next, Slot.WORDS);
                    next += Slot.WORDS;
                }
            }
        }
        for (int at = 0; at < copy.length; at += Slot.WORDS) {
            visitor.accept(binding(copy, at, ends));
        }
    }

    /**
     * Shows the bindings that have a wanted key and have not ended by {@code seconds} since 1970, in no order. Makes no copy of the
     * table and has no writer wait for long: it looks at a part at a time, so a binding that changes its tunnel source meanwhile may
     * be shown twice or not at all.
     */
    public void forEach(long seconds, Predicate<? super LeaseKey> wanted, Consumer<Binding> visitor) {
        // When the table is built anew meanwhile, the array stays as it was then.
        long[] walked;
        synchronized (this) {
            walked = slots;
        }
        long[] part = new long[WALKED * Slot.WORDS];
        for (int slot = Slot.BASE; slot < walked.length; slot += part.length) {
            int words = 0;
            long[] ends;
            synchronized (this) {
                ends = tunnels;
                int present = TableView.stateOf(view.epoch);
                int end = Math.min(walked.length, slot + part.length);
                for (int at = slot; at < end; at += Slot.WORDS) {
                    if ((walked[at] & present) != 0 && Slot.expiry(walked[at + Slot.META]) > seconds) {
                        System.arraycopy(walked, at, part, words, Slot.WORDS);
                        words += Slot.WORDS;
                    }
                }
            }
            for (int at = 0; at < words; at += Slot.WORDS) {
                if (wanted.test(Slot.leaseKey(part[at]))) {
                    visitor.accept(binding(part, at, ends));
                }
            }
        }
    }

    /** The bindings with these keys; what else there is costs nothing. */
    public synchronized List<Binding> bindings(Collection<LeaseKey> keys) {
        List<Binding> found = new ArrayList<>();
        for (LeaseKey key : keys) {
            int slot = TableView.slotOf(slots, capacity, Slot.key(key), TableView.stateOf(view.epoch));
            if (slot != TableView.NONE) {
                found.add(binding(slots, slot, tunnels));
            }
        }
        return found;
    }

    private static Binding binding(long[] slots, int at, long[] ends) {
        long meta = slots[at + Slot.META];
        int tunnel = 2 * Slot.tunnel(meta);
        return new Binding(
                Slot.leaseKey(slots[at]),
                new Ipv6Address(slots[at + Slot.SOURCE_HIGH], slots[at + Slot.SOURCE_LOW]),
                new Ipv6Address(ends[tunnel], ends[tunnel + 1]),
                Instant.ofEpochSecond(Slot.expiry(meta)));
    }

    /** What an update needs before it may begin; everything that can fail is done in making it and in {@link #prepare}. */
    private final class Plan {

        private final long[] newTunnels;
        /** How many slots are needed beyond those in use. */
        private int fresh;
        /** Whether to build a new array even if the present one has room. */
        private boolean rebuild;

        Plan(Collection<Binding> added) throws TepException {
            long[] known = tunnels;
            int words = known.length;
            for (Binding binding : added) {
                Ipv6Address tunnel = binding.tunnelAddress();
                if (indexOf(known, words, tunnel) < 0) {
                    if (words == 2 * MOST_TUNNELS) {
                        throw new TepException("bindings name more than " + MOST_TUNNELS + " tunnel addresses", null);
                    }
                    known = Arrays.copyOf(known, words + 2);
                    known[words++] = tunnel.high();
                    known[words++] = tunnel.low();
                }
            }
            newTunnels = known;
        }
    }

    private static int indexOf(long[] tunnels, int words, Ipv6Address tunnel) {
        for (int i = 0; i < words; i += 2) {
            if (tunnels[i + 1] == tunnel.low() && tunnels[i] == tunnel.high()) {
                return i / 2;
            }
        }
        return -1;
    }

    /** Makes room, or a new array with what is to be kept of the old one ({@code null} for all). Fails without a change. */
    private void prepare(Plan plan, Collection<Binding> added, @Nullable BitSet kept) throws TepException {
        AddressRanges formerly = view.served;
        try {
            boolean full = (long) used + plan.fresh > limit(capacity);
            boolean rebuild = full || plan.rebuild;
            ParameterMap newParameters = rebuild ? parametersAnew(added, kept) : parametersWith(added, kept);
            if (rebuild) {
                rebuild(plan.fresh, kept);
            }
            parameters = newParameters;
            tunnels = plan.newTunnels;
            served = served.plus(outside(served, added));
        } catch (IllegalArgumentException unfit) {
            served = formerly;
            throw new TepException(String.valueOf(unfit.getMessage()), unfit);
        } catch (OutOfMemoryError exhausted) {
            served = formerly;
            throw new TepException("not enough memory for " + ((long) live + plan.fresh) + " bindings", exhausted);
        }
    }

    private static long limit(int capacity) {
        return capacity * 13L / 20;
    }

    private ParameterMap parametersWith(Collection<Binding> added, @Nullable BitSet kept) {
        long[] needs = new long[added.size()];
        int count = 0;
        for (Binding binding : added) {
            long key = Slot.key(binding.key());
            // Renewals are the common case and need nothing new.
            if (find(key) == TableView.NONE) {
                needs[count++] = ParameterMap.need(key);
            }
        }
        if (count == 0) {
            return parameters;
        }
        try {
            return parameters.with(needs, count);
        } catch (IllegalArgumentException tooMany) {
            // Perhaps only because of parameters that no binding uses any more.
            return parametersAnew(added, kept);
        }
    }

    private ParameterMap parametersAnew(Collection<Binding> added, @Nullable BitSet kept) {
        long[] needs = new long[live + added.size()];
        int count = 0;
        for (int slot = Slot.BASE; slot < slots.length; slot += Slot.WORDS) {
            if (isLive(slot) && (kept == null || kept.get(slot / Slot.WORDS))) {
                needs[count++] = ParameterMap.need(slots[slot]);
            }
        }
        for (Binding binding : added) {
            needs[count++] = ParameterMap.need(Slot.key(binding.key()));
        }
        return ParameterMap.EMPTY.with(needs, count);
    }

    private static List<Ipv4Range> outside(AddressRanges served, Collection<Binding> added) {
        List<Ipv4Range> outside = new ArrayList<>();
        for (Binding binding : added) {
            if (!served.contains(binding.key().address().value())) {
                outside.add(new Ipv4Range(binding.key().address(), binding.key().address()));
            }
        }
        return outside;
    }

    /** Copies the live slots, or those to be kept, into a new array with room for {@code fresh} more. */
    private void rebuild(int fresh, @Nullable BitSet kept) {
        int survivors = kept == null ? live : kept.cardinality();
        long wanted = Math.max(SMALLEST, 2L * (survivors + (long) fresh));
        if (wanted > MOST_BINDINGS) {
            throw new IllegalArgumentException("the table holds at most " + MOST_BINDINGS / 2 + " bindings");
        }
        long[] old = slots;
        int newCapacity = (int) wanted;
        long[] built = new long[Slot.BASE + newCapacity * Slot.WORDS];
        int copied = 0;
        List<long[]> dropped = new ArrayList<>();
        for (int slot = Slot.BASE; slot < old.length; slot += Slot.WORDS) {
            if (!isLive(slot)) {
                continue;
            }
            if (kept != null && !kept.get(slot / Slot.WORDS)) {
                dropped.add(new long[] {old[slot + Slot.SOURCE_HIGH], old[slot + Slot.SOURCE_LOW], old[slot]});
                continue;
            }
            int index = Slot.home(old[slot] & ~Slot.STATE_MASK, newCapacity);
            while (built[Slot.BASE + index * Slot.WORDS] != Slot.EMPTY) {
                index = index + 1 == newCapacity ? 0 : index + 1;
            }
            System.arraycopy(old, slot, built, Slot.BASE + index * Slot.WORDS, Slot.WORDS);
            copied++;
        }
        for (long[] gone : dropped) {
            holders.remove(gone[0], gone[1], Slot.address(gone[2]));
        }
        slots = built;
        capacity = newCapacity;
        used = copied;
        live = copied;
        expiryCursor = 0;
    }

    private enum Put {
        ADDED,
        CHANGED,
        SAME
    }

    private Put put(Binding binding) {
        long key = Slot.key(binding.key());
        Ipv6Address source = binding.tunnelSource();
        Ipv6Address end = binding.tunnelAddress();
        long meta = Slot.meta(Slot.seconds(binding.expires()), indexOf(tunnels, tunnels.length, end));
        int slot = find(key);
        if (slot == TableView.NONE) {
            insert(key, source, meta);
            return Put.ADDED;
        }
        if (hasSource(slot, binding)) {
            if (slots[slot + Slot.META] == meta) {
                return Put.SAME;
            }
            // Only the end of validity: one word, and for a binding that goes on no packet can tell before from after.
            Slot.setRelease(slots, slot + Slot.META, meta);
            return Put.CHANGED;
        }
        delete(slot);
        insert(key, source, meta);
        return Put.CHANGED;
    }

    private boolean hasSource(int slot, Binding binding) {
        int tunnel = 2 * Slot.tunnel(slots[slot + Slot.META]);
        return slots[slot + Slot.SOURCE_LOW] == binding.tunnelSource().low()
                && slots[slot + Slot.SOURCE_HIGH] == binding.tunnelSource().high()
                && tunnels[tunnel] == binding.tunnelAddress().high()
                && tunnels[tunnel + 1] == binding.tunnelAddress().low();
    }

    /** Whether the coming epoch sees the slot, of a settled table. */
    private boolean isLive(int slot) {
        return (slots[slot] & coming()) != 0;
    }

    private int coming() {
        return TableView.stateOf(view.epoch + 1);
    }

    private int find(long key) {
        return TableView.slotOf(slots, capacity, key, coming());
    }

    private void delete(int slot) {
        long word = slots[slot];
        holders.remove(slots[slot + Slot.SOURCE_HIGH], slots[slot + Slot.SOURCE_LOW], Slot.address(word));
        live--;
        if (slots != view.slots || (word & Slot.STATE_MASK) != Slot.STABLE) {
            // Nobody reads the new array yet, or nobody sees a slot that was added by this very update.
            Slot.setRelease(slots, slot, Slot.DELETED);
            return;
        }
        Slot.setRelease(slots, slot, word & ~Slot.STATE_MASK | TableView.stateOf(view.epoch));
        mark(slot);
    }

    private void insert(long key, Ipv6Address source, long meta) {
        int index = Slot.home(key, capacity);
        int slot = Slot.BASE + index * Slot.WORDS;
        while (slots[slot] != Slot.EMPTY && slots[slot] != Slot.DELETED) {
            index = index + 1 == capacity ? 0 : index + 1;
            slot = Slot.BASE + index * Slot.WORDS;
        }
        used += slots[slot] == Slot.EMPTY ? 1 : 0;
        slots[slot + Slot.SOURCE_HIGH] = source.high();
        slots[slot + Slot.SOURCE_LOW] = source.low();
        slots[slot + Slot.META] = meta;
        if (slots == view.slots) {
            Slot.setRelease(slots, slot, key | coming());
            mark(slot);
        } else {
            slots[slot] = key | Slot.STABLE;
        }
        holders.add(source.high(), source.low(), Slot.address(key));
        live++;
    }

    private void mark(int slot) {
        if (markedCount == marked.length) {
            marked = Arrays.copyOf(marked, 2 * markedCount);
        }
        marked[markedCount++] = slot;
    }

    private void publish() {
        if (slots != view.slots) {
            markedCount = 0;
        }
        size = live;
        view = new TableView(view.epoch + 1, slots, capacity, parameters, tunnels, served, holders);
    }

    /** Waits until every reader has left the epochs before the present one, then makes its marks permanent. */
    private void settle() {
        if (markedCount == 0) {
            return;
        }
        long present = view.epoch;
        for (TableReader reader : readers) {
            for (int tries = 0; reader.isBehind(present); tries++) {
                if (tries < 100) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.parkNanos(20_000);
                }
            }
        }
        int seen = TableView.stateOf(present);
        for (int i = 0; i < markedCount; i++) {
            int slot = marked[i];
            long word = slots[slot];
            if ((word & Slot.STATE_MASK) == seen) {
                Slot.setRelease(slots, slot, word & ~Slot.STATE_MASK | Slot.STABLE);
            } else if ((word & Slot.STATE_MASK) != Slot.STABLE) {
                Slot.setRelease(slots, slot, Slot.DELETED);
            }
        }
        for (int i = 0; i < markedCount; i++) {
            reclaim(marked[i]);
        }
        markedCount = 0;
        if (marked.length > 1 << 16) {
            marked = new int[64];
        }
    }

    /** Empties a run of deleted slots that ends a probe sequence anyway. */
    private void reclaim(int slot) {
        int index = (slot - Slot.BASE) / Slot.WORDS;
        int next = index + 1 == capacity ? 0 : index + 1;
        if (slots[Slot.BASE + next * Slot.WORDS] != Slot.EMPTY) {
            return;
        }
        while (slots[Slot.BASE + index * Slot.WORDS] == Slot.DELETED) {
            Slot.setRelease(slots, Slot.BASE + index * Slot.WORDS, Slot.EMPTY);
            used--;
            index = index == 0 ? capacity - 1 : index - 1;
        }
    }
}
