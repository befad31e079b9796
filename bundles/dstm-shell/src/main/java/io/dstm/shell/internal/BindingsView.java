package io.dstm.shell.internal;

import io.dstm.api.management.Page;
import io.dstm.api.tep.Binding;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Bindings.
 *
 * @param teps what is shown, by TEP
 * @param now the present moment, for times that are told as a distance
 */
record BindingsView(List<OfTep> teps, Instant now) implements View {

    /**
     * The bindings of one TEP.
     *
     * @param name the TEP's name
     * @param page what is shown of them
     */
    record OfTep(String name, Page<Binding> page) {}

    @Override
    public String text() {
        Table table = new Table("", "TEP", "ADDRESS", "PORTS", "TUNNEL SOURCE", "TUNNEL ADDRESS", "ENDS");
        StringBuilder footers = new StringBuilder();
        for (OfTep tep : teps) {
            for (Binding binding : tep.page().items()) {
                table.row(
                        tep.name(),
                        binding.key().address(),
                        binding.key().ports(),
                        binding.tunnelSource(),
                        binding.tunnelAddress(),
                        Spelling.relative(binding.expires(), now));
            }
            footers.append(Spelling.footer(tep.page(), "bindings of TEP " + tep.name()));
        }
        boolean empty = teps.stream().allMatch(tep -> tep.page().items().isEmpty());
        if (empty && footers.isEmpty()) {
            return "No binding matches.\n";
        }
        return (empty ? "" : table.text()) + footers;
    }

    @Override
    public Object json() {
        return Json.object(
                "teps",
                teps.stream()
                        .map(tep -> Json.object(
                                "name", tep.name(),
                                "total", tep.page().total(),
                                "offset", tep.page().offset(),
                                "bindings",
                                        tep.page().items().stream()
                                                .map(BindingsView::json)
                                                .toList()))
                        .toList());
    }

    private static Map<String, @Nullable Object> json(Binding binding) {
        Map<String, @Nullable Object> json = Spelling.json(binding.key());
        json.putAll(Json.object(
                "tunnelSource", binding.tunnelSource(),
                "tunnelAddress", binding.tunnelAddress(),
                "expires", binding.expires()));
        return json;
    }
}
