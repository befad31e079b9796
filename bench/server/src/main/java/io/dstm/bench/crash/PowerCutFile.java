package io.dstm.bench.crash;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Makes the end of the process a power cut for a file: what was written and not flushed by then is in the file, is missing or is half
 * there, in any combination. Otherwise the kernel would keep what a killed process wrote, flushed or not. The file as the process
 * sees it is in memory; the file on disk is what a power cut would leave.
 */
final class PowerCutFile {

    private record Write(long position, ByteBuffer bytes) {}

    private final FileChannel disk;
    private final boolean obeys;
    private final Random random;
    private final List<Write> unflushed = new ArrayList<>();
    private byte[] image;
    private int length;

    /** {@code obeys} says whether a flush flushes. */
    PowerCutFile(FileChannel disk, boolean obeys, Random random) throws IOException {
        this.disk = disk;
        this.obeys = obeys;
        this.random = random;
        length = (int) disk.size();
        image = new byte[Math.max(1 << 20, 2 * length)];
        ByteBuffer whole = ByteBuffer.wrap(image, 0, length);
        for (int count = 0; whole.hasRemaining() && count >= 0; ) {
            count = disk.read(whole, whole.position());
        }
    }

    synchronized int read(ByteBuffer target, long position) {
        if (position >= length) {
            return -1;
        }
        int count = (int) Math.min(target.remaining(), length - position);
        target.put(image, (int) position, count);
        return count;
    }

    synchronized int write(ByteBuffer source, long position) throws IOException {
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

    synchronized long size() {
        return length;
    }

    synchronized void truncate(long size) throws IOException {
        flush();
        if (size < length) {
            Arrays.fill(image, (int) size, length, (byte) 0);
            length = (int) size;
        }
        disk.truncate(size);
    }

    synchronized void force() throws IOException {
        if (obeys) {
            flush();
        }
    }

    private void flush() throws IOException {
        for (Write write : unflushed) {
            put(write.position(), write.bytes().array(), write.bytes().capacity());
        }
        unflushed.clear();
    }

    synchronized void close() throws IOException {
        flush();
        disk.close();
    }
}
