package io.dstm.bench.crash;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/**
 * A file system of H2 (scheme {@code cut:}) that makes the end of the process a power cut: what was written and not flushed by then
 * is in the file, is missing or is half there, in any combination. Otherwise the kernel would keep what a killed process wrote,
 * flushed or not.
 */
public final class PowerCutFileSystem extends FilePathWrapper {

    static final String SCHEME = "cut";

    private static boolean flushes;
    private static Random random = new Random();

    /** Makes it known to H2; {@code obeys} says whether a flush flushes. */
    static void register(boolean obeys, long seed) {
        flushes = obeys;
        random = new Random(seed);
        FilePath.register(new PowerCutFileSystem());
    }

    @Override
    public String getScheme() {
        return SCHEME;
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        return mode.equals("r") ? getBase().open(mode) : new Channel(getBase().open(mode));
    }

    /** The file as the process sees it is in memory; the file on disk is what a power cut would leave. */
    private static final class Channel extends FileBaseDefault {

        private record Write(long position, ByteBuffer bytes) {}

        private final FileChannel disk;
        private final List<Write> unflushed = new ArrayList<>();
        private byte[] image;
        private int length;

        Channel(FileChannel disk) throws IOException {
            this.disk = disk;
            length = (int) disk.size();
            image = new byte[Math.max(1 << 20, 2 * length)];
            ByteBuffer whole = ByteBuffer.wrap(image, 0, length);
            for (int count = 0; whole.hasRemaining() && count >= 0; ) {
                count = disk.read(whole, whole.position());
            }
        }

        @Override
        public synchronized int read(ByteBuffer target, long position) {
            if (position >= length) {
                return -1;
            }
            int count = (int) Math.min(target.remaining(), length - position);
            target.put(image, (int) position, count);
            return count;
        }

        @Override
        public synchronized int write(ByteBuffer source, long position) throws IOException {
            byte[] bytes = new byte[source.remaining()];
            source.get(bytes);
            int end = (int) position + bytes.length;
            if (end > image.length) {
                image = Arrays.copyOf(image, 2 * end);
            }
            System.arraycopy(bytes, 0, image, (int) position, bytes.length);
            length = Math.max(length, end);
            unflushed.add(new Write(position, ByteBuffer.wrap(bytes)));
            switch (random.nextInt(3)) {
                case 0 -> put(position, bytes, bytes.length);
                case 1 -> put(position, bytes, random.nextInt(bytes.length + 1));
                default -> {
                    // Not before the flush.
                }
            }
            return bytes.length;
        }

        private void put(long position, byte[] bytes, int count) throws IOException {
            ByteBuffer rest = ByteBuffer.wrap(bytes, 0, count);
            while (rest.hasRemaining()) {
                disk.write(rest, position + rest.position());
            }
        }

        @Override
        public synchronized long size() {
            return length;
        }

        @Override
        protected synchronized void implTruncate(long size) throws IOException {
            flush();
            if (size < length) {
                Arrays.fill(image, (int) size, length, (byte) 0);
                length = (int) size;
            }
            disk.truncate(size);
        }

        @Override
        public synchronized void force(boolean metaData) throws IOException {
            if (flushes) {
                flush();
            }
        }

        private void flush() throws IOException {
            for (Write write : unflushed) {
                put(write.position(), write.bytes().array(), write.bytes().capacity());
            }
            unflushed.clear();
        }

        @Override
        public FileLock tryLock(long position, long size, boolean shared) throws IOException {
            return disk.tryLock(position, size, shared);
        }

        @Override
        protected synchronized void implCloseChannel() throws IOException {
            flush();
            disk.close();
        }
    }
}
