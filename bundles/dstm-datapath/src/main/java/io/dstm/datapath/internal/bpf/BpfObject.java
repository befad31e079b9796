package io.dstm.datapath.internal.bpf;

import io.dstm.api.datapath.DatapathException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A compiled program as the compiler wrote it: a relocatable ELF file for the BPF machine. As much of ELF as that takes: the
 * sections, and where the names of maps stand in the code.
 */
final class BpfObject {

    private static final int SECTION_OFFSET = 0x28;
    private static final int SECTION_SIZE = 0x3A;
    private static final int SECTION_COUNT = 0x3C;
    private static final int SECTION_NAMES = 0x3E;
    private static final int SYMBOLS = 2;
    private static final int RELOCATIONS = 9;
    private static final int SYMBOL_SIZE = 24;
    private static final int RELOCATION_SIZE = 16;

    /** A 64-bit constant that is the address of a symbol. */
    private static final int ADDRESS = 1;

    private static final int INSTRUCTION = 8;
    private static final byte CALL = (byte) 0x85;
    private static final int EXACT_CLOCK = 5;
    private static final int COARSE_CLOCK = 160;
    /** In the source register of an instruction that loads a constant: it is the descriptor of a map. */
    private static final int IS_MAP = 1 << 4;

    private final ByteBuffer file;

    private record Section(String name, int type, int offset, int size, int link, int info) {}

    private final List<Section> sections = new ArrayList<>();

    private BpfObject(byte[] content) {
        file = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        int table = Math.toIntExact(file.getLong(SECTION_OFFSET));
        int size = file.getShort(SECTION_SIZE);
        int count = file.getShort(SECTION_COUNT);
        int names = Math.toIntExact(file.getLong(table + size * file.getShort(SECTION_NAMES) + 24));
        for (int i = 0; i < count; i++) {
            int at = table + i * size;
            sections.add(new Section(
                    text(names + file.getInt(at)),
                    file.getInt(at + 4),
                    Math.toIntExact(file.getLong(at + 24)),
                    Math.toIntExact(file.getLong(at + 32)),
                    file.getInt(at + 40),
                    file.getInt(at + 44)));
        }
    }

    /** Reads what the native fragment brings along. */
    static BpfObject resource(String path) throws DatapathException {
        try (InputStream stream = BpfObject.class.getResourceAsStream(path)) {
            if (stream == null) {
                throw new DatapathException(
                        "There is no program for the kernel: install the bundle dstm-datapath-linux");
            }
            return parse(stream.readAllBytes());
        } catch (IOException unreadable) {
            throw new DatapathException("Cannot read the program for the kernel: " + unreadable, unreadable);
        }
    }

    /** Reads a file. */
    static BpfObject parse(byte[] content) throws DatapathException {
        try {
            if (content.length < 64 || content[0] != 0x7F || content[1] != 'E' || content[5] != 1) {
                throw new DatapathException("This is no ELF file in little-endian order");
            }
            return new BpfObject(content);
        } catch (IndexOutOfBoundsException | ArithmeticException cutOff) {
            throw new DatapathException("The ELF file is damaged", cutOff);
        }
    }

    private String text(int offset) {
        int end = offset;
        while (file.get(end) != 0) {
            end++;
        }
        return new String(file.array(), offset, end - offset, StandardCharsets.US_ASCII);
    }

    /** Hands a program to the kernel, if need be one that a kernel before 5.11 takes; its descriptor. */
    static int load(String name, Bpf.Place place, ByteBuffer instructions) throws DatapathException {
        try {
            return Bpf.load(name, place, instructions);
        } catch (DatapathException refused) {
            try {
                return Bpf.load(name, place, withExactClock(instructions));
            } catch (DatapathException again) {
                refused.addSuppressed(again);
                throw refused;
            }
        }
    }

    /**
     * The instructions of a section, with the descriptors of maps in the place of their names.
     *
     * @throws DatapathException if the section or a map that it names is missing
     */
    ByteBuffer instructions(String section, Map<String, Integer> maps) throws DatapathException {
        try {
            for (int i = 0; i < sections.size(); i++) {
                Section found = sections.get(i);
                if (found.name.equals(section)) {
                    ByteBuffer code = ByteBuffer.allocateDirect(found.size).order(ByteOrder.LITTLE_ENDIAN);
                    code.put(0, file, found.offset, found.size);
                    for (Section other : sections) {
                        if (other.type == RELOCATIONS && other.info == i) {
                            relocate(code, other, maps);
                        }
                    }
                    return code;
                }
            }
        } catch (IndexOutOfBoundsException damaged) {
            throw new DatapathException("The ELF file is damaged", damaged);
        }
        throw new DatapathException("There is no section " + section);
    }

    /** The same instructions for kernels before 5.11, which know no clock that is read as of its latest tick. */
    static ByteBuffer withExactClock(ByteBuffer code) {
        ByteBuffer changed = ByteBuffer.allocateDirect(code.capacity())
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(0, code, 0, code.capacity());
        for (int at = 0; at < changed.capacity(); at += INSTRUCTION) {
            if (changed.get(at) == CALL && changed.get(at + 1) == 0 && changed.getInt(at + 4) == COARSE_CLOCK) {
                changed.putInt(at + 4, EXACT_CLOCK);
            }
        }
        return changed;
    }

    private void relocate(ByteBuffer code, Section relocations, Map<String, Integer> maps) throws DatapathException {
        Section symbols = sections.get(relocations.link);
        if (symbols.type != SYMBOLS) {
            throw new DatapathException("The ELF file is damaged");
        }
        int names = sections.get(symbols.link).offset;
        for (int at = 0; at < relocations.size; at += RELOCATION_SIZE) {
            int place = Math.toIntExact(file.getLong(relocations.offset + at));
            long info = file.getLong(relocations.offset + at + 8);
            String symbol = text(names + file.getInt(symbols.offset + (int) (info >>> 32) * SYMBOL_SIZE));
            Integer map = maps.get(symbol);
            if ((int) info != ADDRESS || map == null) {
                throw new DatapathException("The program wants " + symbol + ", which is no map");
            }
            code.put(place + 1, (byte) (code.get(place + 1) & 0xF | IS_MAP));
            code.putInt(place + 4, map).putInt(place + INSTRUCTION + 4, 0);
        }
    }
}
