package io.dstm.store.journal.internal;

import io.dstm.store.common.StoreDirectory;
import io.dstm.store.common.StoreFailure;
import io.dstm.store.common.StoreProblem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A directory of the machine, which one process has at a time. */
public final class DirectoryDisk implements Disk {

    private static final String LOCK = "lock";

    private final Path directory;
    private final FileChannel lock;

    private DirectoryDisk(Path directory, FileChannel lock) {
        this.directory = directory;
        this.lock = lock;
    }

    /** Creates the directory, for its owner alone since leases say who had which address, and locks it. */
    public static DirectoryDisk lock(Path directory) throws StoreProblem {
        StoreDirectory.prepare(directory);
        FileChannel channel = null;
        try {
            channel = FileChannel.open(
                    directory.resolve(LOCK),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            FileLock held = lock(channel);
            if (held == null) {
                channel.close();
                throw new StoreProblem(
                        StoreFailure.LOCKED, "The leases in " + directory + " are in use by another process", null);
            }
            return new DirectoryDisk(directory, channel);
        } catch (IOException refused) {
            closeQuietly(channel);
            throw StoreDirectory.notWritable(directory + " cannot be locked (" + refused + ")", refused);
        }
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException thisProcess) {
            return null;
        }
    }

    @Override
    public String place() {
        return directory.toString();
    }

    @Override
    public List<String> list() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals(LOCK))
                    .toList();
        }
    }

    @Override
    public File open(String name) throws IOException {
        return new ChannelFile(FileChannel.open(
                directory.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    @Override
    public void delete(String name) throws IOException {
        Files.deleteIfExists(directory.resolve(name));
    }

    @Override
    public void flushNames() throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public void close() {
        closeQuietly(lock);
    }

    private static void closeQuietly(@Nullable FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException ignored) {
                // What had to be written was flushed before.
            }
        }
    }

    private record ChannelFile(FileChannel channel) implements File {

        @Override
        public void read(ByteBuffer target, long position) throws IOException {
            long at = position;
            for (int count = 0; target.hasRemaining() && count >= 0; at += count) {
                count = channel.read(target, at);
            }
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            for (long at = position; source.hasRemaining(); ) {
                at += channel.write(source, at);
            }
        }

        @Override
        public void flush() throws IOException {
            channel.force(false);
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void truncate(long size) throws IOException {
            channel.truncate(size);
        }

        @Override
        public void close() {
            closeQuietly(channel);
        }
    }
}
