"""The three statements of 小企业会计准则 written out by hand from the regulation's table: slow, plain, no product code.

Facts are (code, dimension, opening, debit, credit, transfer debit, transfer credit) tuples.
"""

from decimal import Decimal

ZERO = Decimal("0.00")


def under(facts, code):
    return [fact for fact in facts if fact[0][:4] == code or fact[0][:6] == code]


def debit(facts, *codes):
    return sum((f[2] + f[3] - f[4] for code in codes for f in under(facts, code)), ZERO)


def credit(facts, *codes):
    return -debit(facts, *codes)


def debit_side(facts, code, reclass):
    balances = [f[2] + f[3] - f[4] for f in under(facts, code)]
    if reclass == "account":
        balances = [sum(balances, ZERO)]
    return sum((balance for balance in balances if balance > 0), ZERO)


def credit_side(facts, code, reclass):
    return debit_side(facts, code, reclass) - debit(facts, code)


def spent(facts, *codes):
    return sum((f[3] - f[5] - f[4] + f[6] for code in codes for f in under(facts, code)), ZERO)


def earned(facts, *codes):
    return -spent(facts, *codes)


def balance_sheet(facts, reclass):
    v = dict.fromkeys(range(1, 54), ZERO)
    v[1] = debit(facts, "1001", "1002", "1012")
    v[2], v[3] = debit(facts, "1101"), debit(facts, "1121")
    v[4] = debit_side(facts, "1122", reclass) + debit_side(facts, "2203", reclass)
    v[5] = debit_side(facts, "1123", reclass) + debit_side(facts, "2202", reclass)
    v[6], v[7], v[8] = debit(facts, "1131"), debit(facts, "1132"), debit(facts, "1221", "1004")
    v[9] = debit(facts, "1401", "1402", "1403", "1404", "1405", "1408", "1411", "1421", "4001")
    v[9] -= credit(facts, "1407")
    v[9] += debit(facts, "1406", "4002", "4101", "4401", "4403")
    v[10], v[11], v[12], v[13] = (debit(facts, code) for code in ("1403", "4001", "1405", "1411"))
    v[14] = debit(facts, "1901")
    v[15] = v[1] + v[2] + v[3] + v[4] + v[5] + v[6] + v[7] + v[8] + v[9] + v[14]
    v[16], v[17], v[18], v[19] = debit(facts, "1501"), debit(facts, "1511"), debit(facts, "1601"), credit(facts, "1602")
    v[20] = v[18] - v[19]
    v[21], v[22], v[23] = debit(facts, "1604"), debit(facts, "1605"), debit(facts, "1606")
    v[24] = debit(facts, "1621") - credit(facts, "1622")
    v[25] = debit(facts, "1701") - credit(facts, "1702")
    v[26], v[27] = debit(facts, "4301"), debit(facts, "1801")
    v[29] = v[16] + v[17] + v[20] + v[21] + v[22] + v[23] + v[24] + v[25] + v[26] + v[27] + v[28]
    v[30] = v[15] + v[29]
    v[31], v[32] = credit(facts, "2001"), credit(facts, "2201")
    v[33] = credit_side(facts, "2202", reclass) + credit_side(facts, "1123", reclass)
    v[34] = credit_side(facts, "2203", reclass) + credit_side(facts, "1122", reclass)
    v[35], v[36], v[37] = credit(facts, "2211"), credit(facts, "2221"), credit(facts, "2231")
    v[38], v[39] = credit(facts, "2232"), credit(facts, "2241")
    v[41] = sum((v[n] for n in range(31, 41)), ZERO)
    v[42], v[43], v[44] = credit(facts, "2501"), credit(facts, "2701"), credit(facts, "2401")
    v[46] = v[42] + v[43] + v[44] + v[45]
    v[47] = v[41] + v[46]
    v[48], v[49], v[50] = credit(facts, "3001"), credit(facts, "3002"), credit(facts, "3101")
    v[51] = credit(facts, "3104", "3103")
    v[51] += credit(facts, "5001", "5051", "5111", "5301", "5401", "5402", "5403")
    v[51] += credit(facts, "5601", "5602", "5603", "5711", "5801", "6000")
    v[52] = v[48] + v[49] + v[50] + v[51]
    v[53] = v[47] + v[52]
    return v


def income_statement(facts):
    v = dict.fromkeys(range(1, 33), ZERO)
    v[1], v[2], v[3] = earned(facts, "5001", "5051"), spent(facts, "5401", "5402"), spent(facts, "5403")
    v[4], v[6], v[7], v[8] = (spent(facts, code) for code in ("540301", "540302", "540303", "540304"))
    v[9] = spent(facts, "540305", "540306", "540307", "540308")
    v[10] = spent(facts, "540309", "540310", "540311")
    v[11], v[12], v[13] = spent(facts, "5601"), spent(facts, "560104"), spent(facts, "560102", "560103")
    v[14], v[15], v[16] = spent(facts, "5602"), spent(facts, "560211"), spent(facts, "560204")
    v[17], v[18], v[19] = spent(facts, "560210"), spent(facts, "5603"), spent(facts, "560301", "560302")
    v[20] = earned(facts, "5111")
    v[21] = v[1] - v[2] - v[3] - v[11] - v[14] - v[18] + v[20]
    v[22], v[23], v[24] = earned(facts, "5301"), earned(facts, "530102"), spent(facts, "5711")
    v[25], v[26], v[27] = spent(facts, "571103"), spent(facts, "571104"), spent(facts, "571105")
    v[28], v[29] = spent(facts, "571106"), spent(facts, "571107")
    v[30] = v[21] + v[22] - v[24]
    v[31] = spent(facts, "5801")
    v[32] = v[30] - v[31]
    return v


def cash_flow(flows, opening):
    """`flows` are cash in less cash out by line number."""
    v = {n: flows.get(n, ZERO) for n in range(1, 23)}
    for n in (3, 4, 5, 6, 11, 12, 16, 17, 18):
        v[n] = -v[n]
    v[7] = v[1] + v[2] - v[3] - v[4] - v[5] - v[6]
    v[13] = v[8] + v[9] + v[10] - v[11] - v[12]
    v[19] = v[14] + v[15] - v[16] - v[17] - v[18]
    v[20], v[21] = v[7] + v[13] + v[19], opening
    v[22] = v[20] + v[21]
    return v
