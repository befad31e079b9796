package io.dstm.store.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.store.common.DurableStore;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process is killed while several callers commit; the next one goes on with the same file. */
public abstract class CrashContract {

    private static final int ROUNDS = 4;

    @TempDir
    private Path directory;

    /** Opens the store in a directory. */
    protected abstract DurableStore open(Path where) throws Exception;

    /** What a process runs that calls {@link StoreProcess#run} with this store. */
    protected abstract Class<?> main();

    @Test
    void nothing_acknowledged_is_lost_and_the_order_is_kept() throws Exception {
        Random random = new Random();
        long[] acknowledged = new long[StoreProcess.CALLERS];
        long next = 1;
        for (int round = 0; round < ROUNDS; round++) {
            Process child = StoreProcess.start(main(), Long.toString(next), directory);
            try {
                BufferedReader lines = StoreProcess.awaitLine(child, "open");
                int fatal = 200 + random.nextInt(2_000);
                int count = 0;
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    note(line, acknowledged);
                    if (++count == fatal) {
                        child.toHandle().destroyForcibly();
                    }
                }
                assertThat(count).isGreaterThanOrEqualTo(fatal);
            } finally {
                child.destroyForcibly().waitFor();
            }
            next = check(acknowledged) + 1;
        }
    }

    /** The last line may be cut off by the kill. */
    private static void note(String line, long[] acknowledged) {
        String[] words = line.split(" ");
        if (words.length == 2 && !words[1].isEmpty()) {
            int caller = Integer.parseInt(words[0]);
            long version = Long.parseLong(words[1]);
            acknowledged[caller] = Math.max(acknowledged[caller], version);
        }
    }

    /** What each caller finds must be what it had after some change not before the last acknowledged one. */
    private long check(long[] acknowledged) throws Exception {
        long newest = 0;
        try (DurableStore store = open(directory)) {
            Map<LeaseKey, Lease> found = Leases.contents(store);
            for (int caller = 0; caller < StoreProcess.CALLERS; caller++) {
                long last = 0;
                for (int key = 0; key < StoreProcess.KEYS; key++) {
                    Lease lease = found.get(Leases.key(caller * StoreProcess.KEYS + key));
                    last = Math.max(last, lease == null ? 0 : Leases.version(lease));
                }
                assertThat(last).as("caller " + caller).isGreaterThanOrEqualTo(acknowledged[caller]);
                for (long version = Math.max(1, last - StoreProcess.KEYS + 1); version <= last; version++) {
                    assertThat(found.get(Leases.key(StoreProcess.key(caller, version))))
                            .as("caller " + caller + " up to " + last)
                            .isEqualTo(Leases.lease(StoreProcess.key(caller, version), version));
                }
                newest = Math.max(newest, last);
            }
            // Callers go on from the same number, as if those behind had done nothing in between.
            for (int caller = 0; caller < StoreProcess.CALLERS; caller++) {
                for (long version = newest - StoreProcess.KEYS + 1; version <= newest; version++) {
                    store.commit(Leases.put(Leases.lease(StoreProcess.key(caller, version), version)));
                }
                acknowledged[caller] = newest;
            }
        }
        return newest;
    }
}
