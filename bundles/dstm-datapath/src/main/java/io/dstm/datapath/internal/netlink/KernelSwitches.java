package io.dstm.datapath.internal.netlink;

import io.dstm.api.datapath.DatapathException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The switches below /proc/sys. Names are sysctl's: dots separate, and a slash stands for a dot within a part, so that the device
 * {@code eth0.7} is {@code net.ipv4.conf.eth0/7.rp_filter}.
 */
final class KernelSwitches {

    private static final int LONGEST_VALUE = 4096;

    private final Path root;

    KernelSwitches(Path root) {
        this.root = root;
    }

    Optional<String> read(String name) {
        Path file = file(name);
        if (file == null || !Files.isRegularFile(file)) {
            return Optional.empty();
        }
        // One read call for all: a switch with several numbers gives nothing more to a second one.
        try (InputStream in = Files.newInputStream(file)) {
            byte[] text = new byte[LONGEST_VALUE];
            int length = in.read(text);
            return Optional.of(new String(text, 0, Math.max(0, length), StandardCharsets.US_ASCII).trim());
        } catch (IOException unreadable) {
            return Optional.empty();
        }
    }

    private static boolean sameValue(String one, String other) {
        return Arrays.equals(one.trim().split("\\s+"), other.trim().split("\\s+"));
    }

    /** Writes the value unless the switch has it: a container with a read-only /proc/sys may have been given the right one. */
    void write(String name, String value) throws DatapathException {
        Path file = file(name);
        if (file == null || !Files.exists(file)) {
            throw new DatapathException("There is no kernel switch " + name + " (" + root
                    + "): is the device there and the" + " protocol part of this kernel?");
        }
        if (read(name).filter(present -> sameValue(present, value)).isPresent()) {
            return;
        }
        try {
            Files.writeString(file, value, StandardOpenOption.WRITE);
        } catch (NoSuchFileException vanished) {
            throw new DatapathException("The kernel switch " + name + " vanished: was its device removed?", vanished);
        } catch (AccessDeniedException denied) {
            throw new DatapathException(
                    "The kernel switch " + name + " may not be written: run as root, or set it beforehand (sysctl -w "
                            + name + "=" + value + ")",
                    denied);
        } catch (IOException failure) {
            throw new DatapathException(explain(name, value, failure), failure);
        }
    }

    private String explain(String name, String value, IOException failure) {
        String reason = String.valueOf(failure.getMessage());
        return reason.contains("Read-only")
                ? root + " is mounted read-only: set the switch outside (container: --sysctl " + name + "=" + value
                        + "; else sysctl -w " + name + "=" + value + ")"
                : "The kernel refuses " + name + "=" + value + ": " + reason;
    }

    /** The file of a switch; {@code null} for a name that would lead out of /proc/sys. */
    private @Nullable Path file(String name) {
        StringBuilder relative = new StringBuilder(name.length());
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            relative.append(c == '.' ? '/' : c == '/' ? '.' : c);
        }
        for (String part : relative.toString().split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..") || part.indexOf('\0') >= 0) {
                return null;
            }
        }
        return root.resolve(relative.toString());
    }
}
