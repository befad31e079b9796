package io.dstm.datapath.internal.bpf;

import io.dstm.api.datapath.DatapathException;
import io.dstm.datapath.internal.nativecode.Errno;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Names of programs on devices, below a BPF file system: what has one stays at work without a process. A name says the device's index
 * and where the program sits: {@code 12_driver}, {@code 12_tc}.
 */
public final class Pins {

    private static final Logger log = LoggerFactory.getLogger(Pins.class);

    /** Where such a file system is, unless the system property {@code dstm.bpf} says otherwise. */
    private static final String ROOT = "/sys/fs/bpf/dstm";

    private final String tunnel;
    private final Path directory;

    private Pins(String tunnel, Path directory) {
        this.tunnel = tunnel;
        this.directory = directory;
    }

    /** Those of a tunnel in the network of the calling thread: the file system may be seen from others, whose devices have the same names. */
    public static Pins of(String tunnelDevice) {
        String network = "";
        try {
            network = Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net"))
                    .toString()
                    .replaceAll("[^0-9]", "");
        } catch (IOException unknown) {
            log.debug("Networks cannot be told apart: {}", unknown.getMessage());
        }
        // A name on a BPF file system has no dots.
        return new Pins(
                tunnelDevice,
                Path.of(System.getProperty("dstm.bpf", ROOT), tunnelDevice.replace('.', '_') + "-" + network));
    }

    private Path file(int device, Seat seat) {
        return directory.resolve(device + "_" + seat.key());
    }

    /** The link on a device that an earlier process has left there; or an error number negated. */
    int find(int device, Seat seat) {
        Path file = file(device, seat);
        return Files.exists(file) ? Bpf.pinned(file) : -Errno.ENOENT;
    }

    /** Keeps what holds a program; what was kept there before, and was replaced on the device, no longer. */
    void keep(int hold, int device, Seat seat) throws DatapathException {
        try {
            Files.createDirectories(directory);
            Files.deleteIfExists(file(device, seat));
        } catch (IOException impossible) {
            throw cannot(String.valueOf(impossible.getMessage()));
        }
        int result = Bpf.pin(hold, file(device, seat));
        if (result < 0) {
            throw cannot(Errno.describe(-result));
        }
    }

    private DatapathException cannot(String why) {
        return new DatapathException("Cannot keep programs in " + directory
                + ", which must be on a BPF file system (mount -t bpf bpf /sys/fs/bpf): " + why);
    }

    /** Keeps a program no longer, and takes it off its device. */
    void forget(int device, Seat seat) {
        delete(file(device, seat));
    }

    /** Keeps a program no longer, which then goes with what else holds it. */
    void release(int device, Seat seat) {
        unname(file(device, seat));
    }

    /** Keeps none on a device but what sits there. */
    void forgetOthers(int device, Seat seat) {
        for (Seat other : Seat.values()) {
            if (other != seat) {
                forget(device, other);
            }
        }
    }

    /** Keeps none but those on these devices. */
    public void retain(Collection<Integer> devices) {
        for (Path file : files()) {
            String name = file.getFileName().toString();
            if (devices.stream().noneMatch(device -> name.startsWith(device + "_"))) {
                delete(file);
            }
        }
    }

    private List<Path> files() {
        List<Path> found = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
                entries.forEach(found::add);
            } catch (IOException unreadable) {
                log.debug("Cannot list {}: {}", directory, unreadable.getMessage());
            }
        }
        return found;
    }

    /** Takes away what processes that are no more have left on devices, and nothing keeps at work. No other may have the tunnel. */
    public void sweep() {
        ClsactHold.sweep(tunnel, device -> Files.exists(file(device, Seat.CLSACT)));
    }

    private void delete(Path file) {
        if (unname(file) && file.toString().endsWith("_" + Seat.CLSACT.key())) {
            String name = file.getFileName().toString();
            ClsactHold.remove(tunnel, Integer.parseInt(name.substring(0, name.indexOf('_'))));
        }
    }

    private static boolean unname(Path file) {
        try {
            return Files.deleteIfExists(file);
        } catch (IOException refused) {
            log.warn("DSTM-6014 A program stays on a device: remove {} ({})", file, refused.getMessage());
            return false;
        }
    }
}
