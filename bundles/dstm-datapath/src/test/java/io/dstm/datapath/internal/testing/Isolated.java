package io.dstm.datapath.internal.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Native;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * A thread with a network and mount namespace of its own. Linux gives namespaces and capabilities to threads, so what runs here,
 * the threads and programs it starts included, sees another network than the rest of the JVM. The namespaces go with the thread:
 * nothing is left behind, even if the JVM is killed.
 */
public final class Isolated implements AutoCloseable {

    private static final int CLONE_NEWNS = 0x0002_0000;
    private static final int CLONE_NEWNET = 0x4000_0000;
    private static final long MS_REC_PRIVATE = 0x4000L | 1L << 18;
    private static final int CAPABILITY_VERSION_3 = 0x2008_0522;

    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread created = new Thread(task, "isolated");
        created.setDaemon(true);
        return created;
    });
    private final int threadId;

    private static final class Libc {
        static {
            Native.register("c");
        }

        static native int unshare(int flags);

        static native int mount(String source, String target, String type, long flags, Pointer data);

        static native int gettid();

        static native int capset(byte[] header, byte[] data);

        static native int capget(byte[] header, byte[] data);
    }

    private Isolated() {
        threadId = call(() -> {
            require(Libc.unshare(CLONE_NEWNET | CLONE_NEWNS) == 0, "the right to make namespaces");
            assertThat(Libc.mount("none", "/", null, MS_REC_PRIVATE, null))
                    .as("mount")
                    .isZero();
            return Libc.gettid();
        });
        sh("ip link set lo up");
    }

    /** A new isolated thread; without the rights for it the test is skipped, except on CI where that would hide a failure. */
    public static Isolated create() {
        require(Platform.isLinux() && "root".equals(System.getProperty("user.name")), "root");
        return new Isolated();
    }

    private static void require(boolean given, String what) {
        if (!given && "true".equals(System.getenv("CI"))) {
            throw new AssertionError("namespace tests need " + what + ", and CI=true forbids to skip them");
        }
        Assumptions.assumeTrue(given, "needs " + what);
    }

    /** Runs in the isolated thread; what it throws is the test's failure. */
    public <T> T call(Callable<T> task) {
        try {
            return tryCall(task);
        } catch (RuntimeException | Error failure) {
            throw failure;
        } catch (Throwable failure) {
            throw new AssertionError(failure.toString(), failure);
        }
    }

    /** Runs in the isolated thread and throws what that throws. */
    public <T> T tryCall(Callable<T> task) throws Throwable {
        try {
            return thread.submit(task).get(60, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            throw failed.getCause();
        }
    }

    /** Waits until the isolated thread sleeps in a kernel function whose name contains {@code function}. */
    public void awaitAsleepIn(String function) throws Exception {
        Path place = Path.of("/proc/self/task/" + threadId + "/wchan");
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!Files.readString(place).contains(function)) {
            assertThat(System.nanoTime())
                    .as("thread never slept in " + function)
                    .isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    /** A task that may throw. */
    @FunctionalInterface
    public interface Task {
        /** Runs. */
        void run() throws Exception;
    }

    /** Runs in the isolated thread. */
    public void run(Task task) {
        call(() -> {
            task.run();
            return null;
        });
    }

    /** Begins something in the isolated thread and does not wait for it. */
    public <T> CompletableFuture<T> begin(Callable<T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        thread.execute(() -> {
            try {
                result.complete(task.call());
            } catch (Throwable failure) {
                result.completeExceptionally(failure);
            }
        });
        return result;
    }

    /** Runs a shell command inside and returns its output; its failure is the test's. */
    public String sh(String command) {
        return call(() -> {
            Process process = new ProcessBuilder("sh", "-ec", command)
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(command + ": " + output).isZero();
            return output;
        });
    }

    /** Starts a program inside. */
    public Process start(String... command) {
        return call(() -> new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /** How `ip` calls this network: a file that names it. */
    public String netns() {
        return "/proc/" + ProcessHandle.current().pid() + "/task/" + threadId + "/ns/net";
    }

    /** Lays a virtual cable to another network, gives its ends IPv6 addresses and waits until it carries packets. */
    public void cable(Isolated other, String end, String address, String otherEnd, String otherAddress) {
        sh("ip link add " + end + " type veth peer name " + otherEnd + " netns " + other.netns());
        sh("ip link set " + end + " up && ip addr add " + address + "/64 dev " + end + " nodad");
        other.sh("ip link set " + otherEnd + " up && ip addr add " + otherAddress + "/64 dev " + otherEnd + " nodad");
        awaitReach(otherAddress);
    }

    /** Waits until an address answers: the kernel takes a moment to notice a new cable and to find a neighbour. */
    public void awaitReach(String address) {
        sh("for i in $(seq 100); do ping -q -c 1 -W 1 " + address
                + " >/dev/null 2>&1 && exit 0; sleep 0.02; done; exit 1");
    }

    /** Takes a capability from this thread and the programs it starts: 12 is CAP_NET_ADMIN, 13 CAP_NET_RAW, 39 CAP_BPF. */
    public void drop(int... capabilities) {
        run(() -> {
            ByteBuffer header = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
            header.putInt(CAPABILITY_VERSION_3).putInt(0);
            byte[] sets = new byte[24];
            assertThat(Libc.capget(header.array(), sets)).as("capget").isZero();
            ByteBuffer data = ByteBuffer.wrap(sets).order(ByteOrder.nativeOrder());
            for (int capability : capabilities) {
                for (int set = 0; set < 3; set++) {
                    int at = 12 * (capability / 32) + 4 * set;
                    data.putInt(at, data.getInt(at) & ~(1 << capability % 32));
                }
            }
            assertThat(Libc.capset(header.array(), sets)).as("capset").isZero();
        });
    }

    @Override
    public void close() throws IOException {
        thread.shutdownNow();
    }
}
