package io.dstm.store.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/**
 * A file system of H2 (scheme {@code cut:}) whose disk can run full and whose power can fail: what was not flushed by then may be
 * there, may be missing or may be half there, in any combination.
 */
public final class CutFileSystem extends FilePathWrapper {

    static final String SCHEME = "cut";

    private static final Map<String, Disk> DISKS = new ConcurrentHashMap<>();

    static {
        FilePath.register(new CutFileSystem());
    }

    /** The disk below a lease file of this file system. */
    static Disk disk(Path file) {
        return DISKS.computeIfAbsent(file.toString(), name -> new Disk());
    }

    @Override
    public String getScheme() {
        return SCHEME;
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        Path file = Path.of(getBase().toString());
        return mode.equals("r")
                ? getBase().open(mode)
                : new CutChannel(getBase().open(mode), DISKS.computeIfAbsent(file.toString(), name -> new Disk()));
    }

    /** What the disk was told and what it has for certain. */
    static final class Disk {

        private record Write(long position, byte[] bytes) {

            Image onto(Image image) {
                return bytes.length == 0 ? image.cutTo(position) : image.with(position, bytes, bytes.length);
            }

            Image halfOnto(Image image, Random random) {
                return bytes.length == 0 ? image : image.with(position, bytes, random.nextInt(bytes.length));
            }
        }

        private record Image(byte[] bytes, int length) {

            Image with(long position, byte[] added, int count) {
                int end = Math.max(length, (int) position + count);
                byte[] target = end > bytes.length ? java.util.Arrays.copyOf(bytes, 2 * end) : bytes;
                System.arraycopy(added, 0, target, (int) position, count);
                return new Image(target, end);
            }

            Image cutTo(long size) {
                if (size < length) {
                    java.util.Arrays.fill(bytes, (int) size, length, (byte) 0);
                }
                return new Image(bytes, (int) Math.min(size, length));
            }
        }

        private Image flushed = new Image(new byte[1 << 20], 0);
        private final List<Write> unflushed = new ArrayList<>();
        private volatile boolean full;
        private volatile boolean ignoresFlush;
        private int flushes;

        /** Whether it has space. */
        void setFull(boolean isFull) {
            full = isFull;
        }

        /** Makes it a disk that says it flushed and did not. */
        void ignoreFlush() {
            ignoresFlush = true;
        }

        synchronized int flushes() {
            return flushes;
        }

        private void checkSpace() throws IOException {
            if (full) {
                throw new IOException("No space left on device");
            }
        }

        private synchronized void wrote(long position, byte[] bytes) {
            unflushed.add(new Write(position, bytes));
        }

        private synchronized void flush() {
            flushes++;
            if (!ignoresFlush) {
                unflushed.forEach(write -> flushed = write.onto(flushed));
                unflushed.clear();
            }
        }

        /** Cuts the power and writes what is left to {@code file}. */
        synchronized void cutPower(Path file, Random random) throws IOException {
            Image left = new Image(flushed.bytes().clone(), flushed.length());
            for (Write write : unflushed) {
                switch (random.nextInt(3)) {
                    case 0 -> left = write.onto(left);
                    case 1 -> left = write.halfOnto(left, random);
                    default -> {
                        // Lost.
                    }
                }
            }
            Files.createDirectories(file.getParent());
            Files.write(file, java.util.Arrays.copyOf(left.bytes(), left.length()));
        }
    }

    /** Tells the disk about every write. */
    private static final class CutChannel extends FileBaseDefault {

        private final FileChannel base;
        private final Disk disk;

        CutChannel(FileChannel base, Disk disk) {
            this.base = base;
            this.disk = disk;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return base.read(target, position);
        }

        @Override
        public int write(ByteBuffer source, long position) throws IOException {
            disk.checkSpace();
            byte[] bytes = new byte[source.remaining()];
            source.duplicate().get(bytes);
            disk.wrote(position, bytes);
            return base.write(source, position);
        }

        @Override
        public long size() throws IOException {
            return base.size();
        }

        @Override
        protected void implTruncate(long size) throws IOException {
            disk.wrote(size, new byte[0]);
            base.truncate(size);
        }

        @Override
        public void force(boolean metaData) throws IOException {
            disk.checkSpace();
            disk.flush();
        }

        @Override
        public FileLock tryLock(long position, long size, boolean shared) throws IOException {
            return base.tryLock(position, size, shared);
        }

        @Override
        protected void implCloseChannel() throws IOException {
            base.close();
        }
    }
}
