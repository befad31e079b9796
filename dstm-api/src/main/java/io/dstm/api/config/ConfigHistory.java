package io.dstm.api.config;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The last configurations that every part accepted, as the files of {@code etc} were then; and the way back to one of them. A
 * configuration counts as accepted when the files have not changed for some seconds and no {@link ConfigReport} has a complaint.
 */
public interface ConfigHistory {

    /** What is remembered, newest first. */
    List<Snapshot> snapshots();

    /** How the files differ from the newest snapshot: what is not accepted, or not yet. */
    List<Difference> pending();

    /**
     * What a return to a snapshot would change.
     *
     * @throws IllegalArgumentException if there is no such snapshot
     */
    List<Difference> towards(int number) throws IOException;

    /**
     * Makes the files what they were. They take effect as after any edit, within seconds; what results becomes a snapshot of its
     * own, so that the return can be undone too.
     *
     * @param number of the snapshot
     * @param who who wants it, for the history
     * @param evenIfRefused whether to do it though a check says that it would be refused
     * @return what was changed
     * @throws IllegalArgumentException if there is no such snapshot
     * @throws ConfigException if it would be refused, with every reason; nothing is changed then
     * @throws IOException if a file cannot be written; those written before stay
     */
    List<Difference> rollBack(int number, String who, boolean evenIfRefused) throws IOException, ConfigException;

    /**
     * Judges files without applying them: a single file together with the other files there are, a directory as all there is.
     *
     * @throws IOException if it cannot be read
     */
    List<ConfigCheck.Verdict> check(Path fileOrDirectory) throws IOException;

    /**
     * One accepted configuration.
     *
     * @param number from 1 upwards, never used twice
     * @param time when it was found to be accepted
     * @param origin what brought it: an edit of files, or a return and by whom
     * @param files the names of its files
     * @param differences how it differs from the one before; everything for the first
     */
    record Snapshot(int number, Instant time, String origin, Set<String> files, List<Difference> differences) {

        /** Keeps the collections unchangeable. */
        public Snapshot {
            files = Set.copyOf(files);
            differences = List.copyOf(differences);
        }
    }

    /**
     * One difference.
     *
     * @param file the name of the file
     * @param key the key; empty for a file as a whole or its comments
     * @param before the value before, {@code null} if there was none
     * @param after the value after, {@code null} if there is none
     */
    record Difference(
            String file,
            String key,
            @Nullable String before,
            @Nullable String after) {}
}
