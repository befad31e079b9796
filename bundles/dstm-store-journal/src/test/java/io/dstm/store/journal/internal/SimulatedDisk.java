package io.dstm.store.journal.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A disk in memory that can run full or fail, and whose power can fail: what was not flushed by then is there, is missing or is half
 * there, in any combination; so are names of files.
 */
final class SimulatedDisk implements Disk {

    private final Map<String, Content> files = new HashMap<>();

    /** What is there for certain. */
    private final Map<String, Content> flushedNames = new HashMap<>();

    private boolean full;
    private boolean failing;
    private boolean ignoresFlush;
    private int flushes;

    private record Write(int position, byte[] bytes, boolean cuts) {}

    /** What a file has. */
    private static final class Content {

        private byte[] present = new byte[1 << 10];
        private int length;
        private byte[] flushed = new byte[0];
        private final List<Write> unflushed = new ArrayList<>();

        void apply(Write write, int count) {
            if (write.cuts()) {
                if (write.position() < length) {
                    Arrays.fill(present, write.position(), length, (byte) 0);
                    length = write.position();
                }
                return;
            }
            int end = write.position() + count;
            if (end > present.length) {
                present = Arrays.copyOf(present, 2 * end);
            }
            System.arraycopy(write.bytes(), 0, present, write.position(), count);
            length = Math.max(length, end);
        }

        static Content of(byte[] bytes) {
            Content content = new Content();
            content.present = bytes.clone();
            content.length = bytes.length;
            content.flushed = bytes.clone();
            return content;
        }

        Content afterCut(Random random) {
            Content left = of(flushed);
            for (Write write : unflushed) {
                int kind = random.nextInt(3);
                if (kind > 0) {
                    left.apply(write, kind == 1 ? write.bytes().length : random.nextInt(write.bytes().length + 1));
                }
            }
            return of(Arrays.copyOf(left.present, left.length));
        }
    }

    /** A disk with these files. */
    static SimulatedDisk with(Map<String, byte[]> contents) {
        SimulatedDisk disk = new SimulatedDisk();
        contents.forEach((name, bytes) -> {
            Content content = Content.of(bytes);
            disk.files.put(name, content);
            disk.flushedNames.put(name, content);
        });
        return disk;
    }

    /** Whether it has space. */
    synchronized void setFull(boolean isFull) {
        full = isFull;
    }

    /** Whether it refuses everything. */
    synchronized void setFailing(boolean isFailing) {
        failing = isFailing;
    }

    /** Makes it a disk that says it flushed and did not. */
    synchronized void ignoreFlush() {
        ignoresFlush = true;
    }

    synchronized int flushes() {
        return flushes;
    }

    /** How long all files are together. */
    synchronized long size() {
        return files.values().stream().mapToLong(file -> file.length).sum();
    }

    /** What a file has. */
    synchronized byte[] bytes(String name) {
        Content content = files.get(name);
        return Arrays.copyOf(content.present, content.length);
    }

    /** What would be there if the power failed now. */
    synchronized SimulatedDisk cutPower(Random random) {
        SimulatedDisk left = new SimulatedDisk();
        Map<String, Content> names = new HashMap<>(flushedNames);
        for (String name : List.copyOf(names.keySet())) {
            if (!files.containsKey(name) && random.nextBoolean()) {
                names.remove(name);
            }
        }
        files.forEach((name, content) -> {
            if (flushedNames.get(name) != content && random.nextBoolean()) {
                names.put(name, content);
            }
        });
        names.forEach((name, content) -> {
            Content after = content.afterCut(random);
            left.files.put(name, after);
            left.flushedNames.put(name, after);
        });
        return left;
    }

    private void check(boolean needsSpace) throws IOException {
        if (failing) {
            throw new IOException("Input/output error");
        }
        if (full && needsSpace) {
            throw new IOException("No space left on device");
        }
    }

    @Override
    public String place() {
        return "memory";
    }

    @Override
    public synchronized List<String> list() {
        return List.copyOf(files.keySet());
    }

    @Override
    public synchronized File open(String name) throws IOException {
        if (!files.containsKey(name)) {
            check(true);
        }
        return new OpenFile(files.computeIfAbsent(name, none -> new Content()));
    }

    @Override
    public synchronized void delete(String name) {
        files.remove(name);
    }

    @Override
    public synchronized void flushNames() throws IOException {
        check(false);
        if (!ignoresFlush) {
            flushedNames.clear();
            flushedNames.putAll(files);
        }
    }

    @Override
    public void close() {
        // Nobody else has it.
    }

    private final class OpenFile implements File {

        private final Content content;

        OpenFile(Content content) {
            this.content = content;
        }

        @Override
        public void read(ByteBuffer target, long position) {
            synchronized (SimulatedDisk.this) {
                int count = (int) Math.min(target.remaining(), content.length - position);
                if (count > 0) {
                    target.put(content.present, (int) position, count);
                }
            }
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            byte[] bytes = new byte[source.remaining()];
            source.get(bytes);
            change(new Write((int) position, bytes, false));
        }

        private void change(Write write) throws IOException {
            synchronized (SimulatedDisk.this) {
                check(!write.cuts());
                content.apply(write, write.bytes().length);
                content.unflushed.add(write);
            }
        }

        @Override
        public void flush() throws IOException {
            synchronized (SimulatedDisk.this) {
                check(true);
                flushes++;
                if (!ignoresFlush) {
                    content.flushed = Arrays.copyOf(content.present, content.length);
                    content.unflushed.clear();
                }
            }
        }

        @Override
        public long size() {
            synchronized (SimulatedDisk.this) {
                return content.length;
            }
        }

        @Override
        public void truncate(long size) throws IOException {
            change(new Write((int) size, new byte[0], true));
        }

        @Override
        public void close() {
            // Nothing to let go of.
        }
    }
}
