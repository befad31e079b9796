package io.dstm.console.internal.view;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON as this door writes and reads it. */
public final class JsonText {

    private static final int LONGEST_TEXT = 4096;
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(LONGEST_TEXT)
                    .maxNestingDepth(4)
                    .maxDocumentLength(4L * LONGEST_TEXT)
                    .build())
            .build();

    private JsonText() {}

    /** Writes one document. */
    @FunctionalInterface
    public interface Document {

        /** Writes it. */
        void write(JsonGenerator json) throws IOException;
    }

    /** Writes {@code document} to {@code out} and leaves it open. */
    public static void write(Writer out, Document document) throws IOException {
        try (JsonGenerator json = FACTORY.createGenerator(out)) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            document.write(json);
        }
    }

    /** The document as text. */
    public static String text(Document document) {
        StringWriter out = new StringWriter();
        try {
            write(out, document);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return out.toString();
    }

    /**
     * Reads an object whose members are texts.
     *
     * @return {@code null} if it is anything else
     */
    public static @Nullable Map<String, String> readTexts(byte[] bytes) {
        return read(bytes, false);
    }

    /**
     * Reads an object whose members are texts, numbers and truth values, all as texts.
     *
     * @return {@code null} if it is anything else
     */
    public static @Nullable Map<String, String> readScalars(byte[] bytes) {
        return read(bytes, true);
    }

    private static @Nullable Map<String, String> read(byte[] bytes, boolean scalars) {
        Map<String, String> members = new LinkedHashMap<>();
        try (JsonParser json = FACTORY.createParser(bytes)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                JsonToken value = json.nextToken();
                boolean scalar = value == JsonToken.VALUE_STRING
                        || scalars && value.isScalarValue() && value != JsonToken.VALUE_NULL;
                if (!scalar) {
                    return null;
                }
                members.put(name, json.getText());
            }
            return json.currentToken() == JsonToken.END_OBJECT && json.nextToken() == null ? members : null;
        } catch (IOException malformed) {
            return null;
        }
    }
}
