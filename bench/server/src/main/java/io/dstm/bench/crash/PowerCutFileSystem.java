package io.dstm.bench.crash;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.util.Random;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/** A file system of H2 (scheme {@code cut:}) of {@link PowerCutFile}s. */
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

    private static final class Channel extends FileBaseDefault {

        private final FileChannel disk;
        private final PowerCutFile file;

        Channel(FileChannel disk) throws IOException {
            this.disk = disk;
            file = new PowerCutFile(disk, flushes, random);
        }

        @Override
        public synchronized int read(ByteBuffer target, long position) {
            return file.read(target, position);
        }

        @Override
        public synchronized int write(ByteBuffer source, long position) throws IOException {
            return file.write(source, position);
        }

        @Override
        public long size() {
            return file.size();
        }

        @Override
        protected void implTruncate(long size) throws IOException {
            file.truncate(size);
        }

        @Override
        public void force(boolean metaData) throws IOException {
            file.force();
        }

        @Override
        public FileLock tryLock(long position, long size, boolean shared) throws IOException {
            return disk.tryLock(position, size, shared);
        }

        @Override
        protected void implCloseChannel() throws IOException {
            file.close();
        }
    }
}
