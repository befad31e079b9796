package io.dstm.datapath.internal.netlink;

import io.dstm.api.datapath.DatapathException;
import io.dstm.datapath.internal.nativecode.Errno;
import io.dstm.datapath.internal.nativecode.NativeCalls;
import io.dstm.datapath.internal.nativecode.NativeLibraryLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Holds conversations with the kernel's rtnetlink, one socket each: they are rare, and nothing is left open between them. */
final class Netlink {

    private static final int FIRST_ANSWER = 64 << 10;
    private static final int LARGEST_ANSWER = 64 << 20;
    private static final int ATTEMPTS = 8;

    private final @Nullable Path nativeDirectory;

    /** Conversations through the native library, which may be copied to {@code nativeDirectory}. */
    Netlink(@Nullable Path nativeDirectory) {
        this.nativeDirectory = nativeDirectory;
    }

    /** Sends a request and returns what came before the closing acknowledgement. */
    List<NetlinkMessage> request(NetlinkRequest request) throws NetlinkException, DatapathException {
        NativeLibraryLoader.load(nativeDirectory);
        ByteBuffer message = request.finish();
        int capacity = FIRST_ANSWER;
        for (int attempt = 0; ; attempt++) {
            ByteBuffer answer = ByteBuffer.allocateDirect(capacity).order(ByteOrder.nativeOrder());
            int length = NativeCalls.dstm_netlink(message, message.limit(), answer, capacity);
            if (length == -Errno.ENOBUFS && capacity < LARGEST_ANSWER) {
                capacity *= 4;
                continue;
            }
            if (length < 0) {
                throw new NetlinkException(-length, Errno.describe(-length));
            }
            List<NetlinkMessage> messages = NetlinkMessage.parse(answer, length);
            boolean interrupted =
                    messages.stream().anyMatch(part -> (part.flags() & NetlinkMessage.FLAG_INTERRUPTED) != 0);
            if (!interrupted || attempt == ATTEMPTS) {
                return checked(messages);
            }
        }
    }

    private static List<NetlinkMessage> checked(List<NetlinkMessage> messages) throws NetlinkException {
        for (NetlinkMessage message : messages) {
            boolean closing = message.type() == NetlinkMessage.ERROR || message.type() == NetlinkMessage.DONE;
            if (closing && message.errno() != 0) {
                throw new NetlinkException(
                        message.errno(), message.reason().orElseGet(() -> Errno.describe(message.errno())));
            }
        }
        return messages;
    }
}
