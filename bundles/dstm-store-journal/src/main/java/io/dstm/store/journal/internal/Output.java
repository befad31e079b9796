package io.dstm.store.journal.internal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A buffer that grows. What is written lies between 0 and its position. */
final class Output {

    /** A larger one is let go of after use. */
    private static final int LARGEST_KEPT = 4 << 20;

    private static final int SMALLEST = 64 << 10;

    private ByteBuffer buffer = ByteBuffer.allocateDirect(SMALLEST);

    /** Empties it. */
    void clear() {
        if (buffer.capacity() > LARGEST_KEPT) {
            buffer = ByteBuffer.allocateDirect(SMALLEST);
        }
        buffer.clear();
    }

    /** How much was written. */
    int size() {
        return buffer.position();
    }

    /** Forgets what was written from {@code size} on. */
    void cutTo(int size) {
        buffer.position(size);
    }

    /** The buffer, with room for {@code count} octets more; no longer good once another one was asked for. */
    ByteBuffer room(int count) {
        if (buffer.remaining() < count) {
            ByteBuffer larger = ByteBuffer.allocateDirect(Math.max(2 * buffer.capacity(), buffer.position() + count));
            buffer.flip();
            larger.put(buffer);
            buffer = larger;
        }
        return buffer;
    }

    /** The buffer as it is. */
    ByteBuffer buffer() {
        return buffer;
    }

    /** Appends a text in UTF-8. */
    void text(String text) {
        ByteBuffer target = room(text.length());
        int start = target.position();
        for (int i = 0; i < text.length(); i++) {
            char letter = text.charAt(i);
            if (letter >= 0x80) {
                target.position(start);
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                room(bytes.length).put(bytes);
                return;
            }
            target.put((byte) letter);
        }
    }

    /** Appends the octets that {@code text} has in lower-case hexadecimal from {@code start} on, or nothing and answers false. */
    boolean hex(String text, int start) {
        int digits = text.length() - start;
        if (digits % 2 != 0) {
            return false;
        }
        ByteBuffer target = room(digits / 2);
        int before = target.position();
        for (int i = start; i < text.length(); i += 2) {
            int high = digit(text.charAt(i));
            int low = digit(text.charAt(i + 1));
            if ((high | low) < 0) {
                target.position(before);
                return false;
            }
            target.put((byte) (high << 4 | low));
        }
        return true;
    }

    private static int digit(char letter) {
        if (letter >= '0' && letter <= '9') {
            return letter - '0';
        }
        return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
    }
}
