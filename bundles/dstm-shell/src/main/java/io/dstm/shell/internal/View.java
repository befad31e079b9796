package io.dstm.shell.internal;

/** What a command shows, in both forms. Pure: the same values give the same characters. */
interface View {

    /** For people: lines that end with a line feed. */
    String text();

    /** For programs: maps, lists, texts, numbers, truth values and {@code null}, as {@link Json} writes them. */
    Object json();

    /** A view that is one sentence. */
    static View sentence(String sentence) {
        return new View() {

            @Override
            public String text() {
                return sentence + "\n";
            }

            @Override
            public Object json() {
                return Json.object("message", sentence);
            }
        };
    }
}
