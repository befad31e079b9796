package io.dstm.dhcpv6.internal.server;

import io.dstm.api.ipv6.Ipv6Options;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What clients are told besides leases, and only if they list it in their Option Request (RFC 8415 section 18.3). */
final class ConfigOptions {

    /** RFC 3646 section 4. */
    static final OptionCode DOMAIN_LIST = new OptionCode(24);

    /** RFC 5908 section 4. */
    static final OptionCode NTP_SERVER = new OptionCode(56);

    /** RFC 6334 section 3. */
    static final OptionCode AFTR_NAME = new OptionCode(64);

    private static final int NTP_ADDRESS = 1;
    private static final int NTP_NAME = 3;

    private ConfigOptions() {}

    /** Adds {@code told} to an answer. */
    static void write(Ipv6Options told, AnswerBuilder answer, boolean toInformationRequest) {
        if (!told.dnsServers().isEmpty() && answer.asked().requests(OptionCode.DNS_SERVERS)) {
            answer.with(new Option.DnsServers(told.dnsServers()));
        }
        if (!told.searchDomains().isEmpty() && answer.asked().requests(DOMAIN_LIST)) {
            answer.with(new Option.Unknown(DOMAIN_LIST, names(told.searchDomains())));
        }
        // "This option MUST include one, and only one, time source suboption" (RFC 5908 section 4): one a server.
        if (answer.asked().requests(NTP_SERVER)) {
            told.ntpServers().forEach(server -> answer.with(ntp(NTP_ADDRESS, Octets.of(server.toBytes()))));
            told.ntpNames().forEach(name -> answer.with(ntp(NTP_NAME, names(List.of(name)))));
        }
        String aftr = told.aftrName();
        if (aftr != null && answer.asked().requests(AFTR_NAME)) {
            answer.with(new Option.Unknown(AFTR_NAME, names(List.of(aftr))));
        }
        // Section 21.23: in a Reply to an Information-request only.
        if (toInformationRequest) {
            Long refresh = asked(answer, OptionCode.INFORMATION_REFRESH_TIME, told.informationRefresh());
            if (refresh != null) {
                answer.with(new Option.InformationRefreshTime(refresh));
            }
        }
        Long solicit = asked(answer, OptionCode.SOL_MAX_RT, told.solMaxRt());
        if (solicit != null) {
            answer.with(new Option.SolMaxRt(solicit));
        }
        Long information = asked(answer, OptionCode.INF_MAX_RT, told.infMaxRt());
        if (information != null) {
            answer.with(new Option.InfMaxRt(information));
        }
    }

    private static @Nullable Long asked(AnswerBuilder answer, OptionCode code, @Nullable Duration time) {
        return time != null && answer.asked().requests(code) ? WireTime.seconds(time) : null;
    }

    /** Names as a sequence of labels each, not compressed (RFC 8415 section 10). */
    private static Octets names(List<String> names) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        names.forEach(name -> write(name, out));
        return Octets.of(out.toByteArray());
    }

    private static void write(String name, ByteArrayOutputStream out) {
        for (String label : name.split("\\.")) {
            byte[] octets = label.getBytes(StandardCharsets.US_ASCII);
            out.write(octets.length);
            out.writeBytes(octets);
        }
        out.write(0);
    }

    private static Option ntp(int suboption, Octets data) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(0);
        out.write(suboption);
        out.write(data.length() >>> 8);
        out.write(data.length());
        out.writeBytes(data.toBytes());
        return new Option.Unknown(NTP_SERVER, Octets.of(out.toByteArray()));
    }
}
