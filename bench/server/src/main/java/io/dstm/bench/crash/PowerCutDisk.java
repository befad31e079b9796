package io.dstm.bench.crash;

import io.dstm.store.journal.internal.Disk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;

/** A directory for the journal, of {@link PowerCutFile}s. */
final class PowerCutDisk implements Disk {

    private final Disk disk;
    private final Path directory;
    private final boolean obeys;
    private final Random random;

    /** {@code obeys} says whether a flush flushes; {@code disk} is the same directory. */
    PowerCutDisk(Disk disk, Path directory, boolean obeys, long seed) {
        this.disk = disk;
        this.directory = directory;
        this.obeys = obeys;
        random = new Random(seed);
    }

    @Override
    public String place() {
        return disk.place();
    }

    @Override
    public List<String> list() throws IOException {
        return disk.list();
    }

    @Override
    public File open(String name) throws IOException {
        PowerCutFile file = new PowerCutFile(
                FileChannel.open(
                        directory.resolve(name),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE),
                obeys,
                random);
        return new Opened(file);
    }

    @Override
    public void delete(String name) throws IOException {
        disk.delete(name);
    }

    @Override
    public void flushNames() throws IOException {
        disk.flushNames();
    }

    @Override
    public void close() {
        disk.close();
    }

    private record Opened(PowerCutFile file) implements File {

        @Override
        public void read(ByteBuffer target, long position) {
            file.read(target, position);
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            file.write(source, position);
        }

        @Override
        public void flush() throws IOException {
            file.force();
        }

        @Override
        public long size() {
            return file.size();
        }

        @Override
        public void truncate(long size) throws IOException {
            file.truncate(size);
        }

        @Override
        public void close() {
            try {
                file.close();
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
    }
}
