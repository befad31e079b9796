package io.dstm.store.journal.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseStore.Change;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.store.common.StoreProblem;
import io.dstm.store.contract.Leases;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/** Whatever is on the disk, it is read or refused in words; and what was acknowledged is read. */
class RecoveryProperties {

    private static JournalLeaseStore open(Disk disk) throws LeaseStoreException {
        return Journals.open(disk, Journals.KEEP, InstantSource.system());
    }

    /** Opens what there is; true if it was accepted. */
    private static boolean survives(Disk disk) throws LeaseStoreException {
        try (JournalLeaseStore store = open(disk)) {
            Leases.contents(store);
            store.ipv6().load(lease -> {});
            return true;
        } catch (StoreProblem refused) {
            assertThat(refused.getMessage()).matches("DSTM-70(12|14|15|19) .*");
            return false;
        }
    }

    @Property(tries = 300)
    void arbitrary_octets_are_refused_or_read(@ForAll byte[] journal, @ForAll byte[] history) throws Exception {
        survives(SimulatedDisk.with(Map.of("leases-1.log", journal, "history-0.log", history)));
    }

    /** A disk that has seen some changes, and what is on it. */
    private static Map<String, byte[]> written(Random random, Map<LeaseKey, Lease> model) throws Exception {
        SimulatedDisk disk = new SimulatedDisk();
        try (JournalLeaseStore store = open(disk)) {
            for (int commit = 0; commit < 40; commit++) {
                commit(store, random, commit, model).get(60, TimeUnit.SECONDS);
            }
        }
        Map<String, byte[]> files = new HashMap<>();
        for (String name : disk.list()) {
            files.put(name, disk.bytes(name));
        }
        return files;
    }

    private static CompletableFuture<Void> commit(
            JournalLeaseStore store, Random random, int version, Map<LeaseKey, Lease> model) {
        List<Change> changes = new ArrayList<>();
        for (int i = random.nextInt(20); i >= 0; i--) {
            Lease lease = Leases.lease(random.nextInt(60), version);
            if (random.nextInt(4) == 0) {
                changes.add(new Change.Remove(lease.key()));
                model.remove(lease.key());
            } else {
                changes.add(new Change.Put(lease));
                model.put(lease.key(), lease);
            }
        }
        return store.commit(changes).toCompletableFuture();
    }

    @Property(tries = 60, shrinking = ShrinkingMode.OFF)
    void a_flipped_bit_never_changes_a_lease(@ForAll long seed) throws Exception {
        Random random = new Random(seed);
        Map<LeaseKey, Lease> model = new HashMap<>();
        Map<String, byte[]> files = written(random, model);
        List<String> names = files.keySet().stream()
                .filter(name -> name.startsWith("leases-"))
                .sorted()
                .toList();
        String name = names.get(random.nextInt(names.size()));
        byte[] bytes = files.get(name);
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        SimulatedDisk disk = SimulatedDisk.with(files);
        try (JournalLeaseStore store = open(disk)) {
            // Accepted only if it was in the last block, which then was never there.
            Leases.contents(store)
                    .forEach((key, lease) -> assertThat(lease).isEqualTo(Leases.lease(key, Leases.version(lease))));
        } catch (StoreProblem refused) {
            assertThat(refused.getMessage()).startsWith("DSTM-701");
        }
    }

    @Property(tries = 60, shrinking = ShrinkingMode.OFF)
    void mutated_files_are_refused_or_read(@ForAll long seed) throws Exception {
        Random random = new Random(seed);
        Map<String, byte[]> files = written(random, new HashMap<>());
        for (int mutation = random.nextInt(5); mutation >= 0; mutation--) {
            List<String> names = files.keySet().stream().sorted().toList();
            String name = names.get(random.nextInt(names.size()));
            byte[] bytes = files.get(name);
            switch (random.nextInt(4)) {
                case 0 -> files.put(name, java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 50)));
                case 1 -> files.remove(name);
                default -> {
                    for (int i = random.nextInt(8); i >= 0 && bytes.length > 0; i--) {
                        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                    }
                }
            }
            if (files.isEmpty()) {
                return;
            }
        }
        survives(SimulatedDisk.with(files));
    }

    @Property(tries = 40, shrinking = ShrinkingMode.OFF)
    void agrees_with_a_map_however_often_the_power_fails(@ForAll long seed) throws Exception {
        Random random = new Random(seed);
        SimulatedDisk disk = new SimulatedDisk();
        Map<LeaseKey, Lease> model = new HashMap<>();
        int version = 0;
        for (int life = 0; life < 5; life++) {
            JournalLeaseStore store = open(disk);
            assertThat(Leases.contents(store)).as("life " + life).isEqualTo(model);
            for (int commit = random.nextInt(60); commit >= 0; commit--) {
                commit(store, random, ++version, model).get(60, TimeUnit.SECONDS);
            }
            // Nothing is under way, so nothing acknowledged may differ; files that went or came may.
            disk = disk.cutPower(random);
            store.close();
        }
    }
}
