"""The commonest clinical quantities: how documents name them, and what they can be."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Concept:
    """A quantity, its names, the dimensions it is measured in (none: not checked), its range.

    `usual` says for some units between which values a figure without a unit can be in them."""

    key: str
    names: tuple[str, ...]
    dimensions: tuple[str, ...]
    low: Decimal
    high: Decimal
    usual: tuple[tuple[str, Decimal, Decimal], ...] = ()


# key, also a name | dimensions of units.py | lowest .. highest value in any unit | the same by unit
#     further names, separated by commas
_TABLE = """
blood pressure | pressure | 20 .. 300
    bp, b/p, sbp/dbp, nibp, bp sitting, sitting bp, office bp, blood pressures, bps
systolic | pressure | 40 .. 300
    systolic bp, systolic blood pressure, bp systolic, blood pressure systolic, sbp, sys bp, bp
    sys, systolic pressure, intravascular systolic, bp systolic sitting
diastolic | pressure | 20 .. 200
    diastolic bp, diastolic blood pressure, bp diastolic, blood pressure diastolic, dbp, dia bp,
    bp dia, diastolic pressure, intravascular diastolic
heart rate | rate | 20 .. 300
    hr, pulse, pulse rate, heart beat, ventricular rate
respiratory rate | rate | 4 .. 80
    respiration rate, resp rate, respirations, respiration, resp, rr
temperature | temperature | 25 .. 115 | degc 25 .. 45; degf 77 .. 115
    body temperature, temp, oral temperature, temp oral
oxygen saturation | fraction | 30 .. 100
    o2 saturation, o2 sat, o2 sats, spo2, sp o2, sao2, sats, sat, saturation, saturations, pulse
    oximetry, pulse ox, o2 sat %, arterial oxygen saturation, oxygen saturations, o2 saturations
weight | mass | 0.3 .. 700 | kg 0.3 .. 400
    body weight, wt, weight measured, weight kg, weighs, body mass
height | length | 10 .. 280 | cm 25 .. 280; in 10 .. 110
    body height, ht, height length measured, height measured, stature
bmi | body mass index | 8 .. 100
    body mass index, body mass index calculated, body mass index measured, bmi calculated, b m i
bsa | area | 0.1 .. 4
    body surface area, bsa measured
map | pressure | 20 .. 250
    mean arterial pressure, mean blood pressure, mean bp
pulmonary pressure | pressure | 5 .. 150
    pa systolic pressure, pulmonary artery systolic pressure, pasp, pa systolic, pa pressure,
    pulmonary artery pressure, pulmonary systolic pressure
rvsp | pressure | 5 .. 150
    right ventricular systolic pressure, rv systolic pressure
pain score | | 0 .. 10
    pain scale, pain level
age | time | 0 .. 125
    patient age, aged, year old, years old, y o, yo, yr old
gestational age | time | 4 .. 45
    ga, gestation
hba1c | fraction, amount ratio | 2 .. 200 | % 3 .. 25; mmol/mol 9 .. 200
    hb a1c, hgba1c, hgb a1c, a1c, hemoglobin a1c, haemoglobin a1c, glycated hemoglobin, glycated
    haemoglobin, glycosylated hemoglobin, glycohemoglobin, hba1c ifcc, hemoglobin a1c ngsp,
    hba1c ngsp, hgb a1c mfr bld, hemoglobin a1c hemoglobin total in blood
fasting glucose | mass concentration, amount concentration | 1 .. 1500 | mg/dl 20 .. 1500
    glucose fasting, fasting blood glucose, fasting blood sugar, fbs, fasting plasma glucose,
    fpg, fbg, blood sugar fasting
glucose | mass concentration, amount concentration | 1 .. 1500 | mg/dl 20 .. 1500
    blood glucose, plasma glucose, serum glucose, blood sugar, glucose random, random glucose,
    glucose level, glucose serpl, sugar, accu chek
creatinine | mass concentration, amount concentration | 0.05 .. 2500 | mg/dl 0.1 .. 30
    serum creatinine, creat, cr, scr, creatinine serum, creatinine level, creat serpl, plasma
    creatinine
creatinine clearance | clearance | 1 .. 250
    crcl
egfr | clearance | 1 .. 250
    e gfr, gfr, estimated gfr, glomerular filtration rate, estimated glomerular filtration rate,
    egfr ckd epi, egfr ckd epi 2021, gfr est, egfr mdrd
bun | mass concentration, amount concentration | 0.5 .. 300 | mg/dl 1 .. 300
    blood urea nitrogen, urea nitrogen, bun serpl
urea | mass concentration, amount concentration | 1 .. 600 | mg/dl 3 .. 600
    blood urea, serum urea
uric acid | mass concentration, amount concentration | 0.5 .. 1200 | mg/dl 0.5 .. 30
    serum uric acid, urate
urine albumin creatinine ratio | urine ratio | 0 .. 20000
    albumin creatinine ratio, uacr, acr, microalbumin creatinine ratio, microalbumin creat ratio,
    urine acr, urine microalbumin
    creatinine ratio, albumin creat ratio
ldl | mass concentration, amount concentration | 0.1 .. 900 | mg/dl 15 .. 900
    ldl c, ldl cholesterol, ldl cholesterol calc, ldl calculated, cholesterol ldl, ldlc, ldlc
    serpl, ldl direct, low density lipoprotein, cholesterol in ldl, ldl chol, bad cholesterol
hdl | mass concentration, amount concentration | 0.1 .. 250 | mg/dl 5 .. 250
    hdl c, hdl cholesterol, cholesterol hdl, hdlc, hdlc serpl, high density lipoprotein,
    cholesterol in hdl, hdl chol, good cholesterol
non hdl | mass concentration, amount concentration | 0 .. 1000000
    non hdl cholesterol, non hdl c, cholesterol non hdl
vldl | mass concentration, amount concentration | 0 .. 1000000
    vldl cholesterol, vldl c
total cholesterol | mass concentration, amount concentration | 0.5 .. 1500 | mg/dl 30 .. 1500
    cholesterol, cholesterol total, chol, serum cholesterol, cholest serpl, cholesterol in serum
triglycerides | mass concentration, amount concentration | 0.1 .. 15000 | mg/dl 20 .. 15000
    triglyceride, trigs, trig, tg, trigl serpl, triglycerides fasting
hemoglobin | mass concentration | 2 .. 260 | g/dl 2 .. 25
    haemoglobin, hgb, hb, hgb bld, hgb bld mcnc, hemoglobin level, hemoglobin hgb, haemoglobin
    hb
hematocrit | fraction | 5 .. 80
    haematocrit, hct, pcv, packed cell volume, hct fr bld, hct fr bld auto, crit
wbc | cell count | 0.01 .. 500000 | k/ul 0.01 .. 500
    wbcs, white blood cells, white blood cell, white blood cell count, white cell count, white
    count, wbc count, leukocytes, leucocytes, total leukocyte count, tlc, total wbc count, wbc
    bld auto, wbc # bld auto, leukocyte count
rbc | cell count | 0 .. 1000000
    red blood cells, red blood cell count, red cell count, rbc count, erythrocytes, total rbc
    count
platelets | cell count | 1 .. 5000000 | k/ul 1 .. 3000
    platelet, platelet count, plt, plts, plt count, platelet # bld, platelet bld auto, platelet
    # bld auto, thrombocytes
mcv | cell volume | 0 .. 1000000
    mean corpuscular volume
mch | cell mass | 0 .. 1000000
    mean corpuscular hemoglobin, mean cell hemoglobin
mchc | mass concentration | 0 .. 1000000
    mean corpuscular hemoglobin concentration
rdw | fraction | 0 .. 1000000
    red cell distribution width, rdw cv
neutrophils | fraction, cell count | 0 .. 1000000
    neutrophil, neut, polys, segs
lymphocytes | fraction, cell count | 0 .. 1000000
    lymphocyte, lymphs
sodium | amount concentration | 90 .. 200
    na, serum sodium, sodium level, na+, sodium serpl
potassium | amount concentration | 1 .. 12
    k, serum potassium, potassium level, k+, potassium serpl
chloride | amount concentration | 50 .. 160
    cl, chloride level
co2 | amount concentration | 2 .. 60
    bicarbonate, hco3, carbon dioxide, total co2, co2 total, carbon dioxide total, tco2
calcium | mass concentration, amount concentration | 0.5 .. 25 | mg/dl 3 .. 25
    ca, serum calcium, calcium level
magnesium | mass concentration, amount concentration | 0.2 .. 15 | mg/dl 0.4 .. 15
    mg level, mag
phosphorus | mass concentration, amount concentration | 0.2 .. 20
    phosphate, phos
albumin | mass concentration | 0.5 .. 80 | g/dl 0.5 .. 8
    serum albumin, alb, albumin serpl
total protein | mass concentration | 0 .. 1000000
    protein total, serum protein
alt | enzyme activity | 1 .. 20000
    sgpt, alt sgpt, alanine aminotransferase, alanine transaminase, alt serpl, sgpt alt
ast | enzyme activity | 1 .. 20000
    sgot, ast sgot, aspartate aminotransferase, aspartate transaminase, sgot ast
alkaline phosphatase | enzyme activity | 1 .. 10000
    alk phos, alp
bilirubin | mass concentration, amount concentration | 0.05 .. 900 | mg/dl 0.05 .. 60
    total bilirubin, bilirubin total, t bili, tbili
direct bilirubin | mass concentration, amount concentration | 0 .. 1000000
    bilirubin direct, conjugated bilirubin
crp | mass concentration | 0 .. 700
    c reactive protein, hs crp, crp high sensitivity, high sensitivity crp
esr | sedimentation | 0 .. 1000000
    sed rate, erythrocyte sedimentation rate, sedimentation rate
ferritin | mass concentration | 0 .. 1000000
    serum ferritin
iron | mass concentration, amount concentration | 0 .. 1000000
    serum iron
vitamin d | mass concentration, amount concentration | 0 .. 1000000
    25 oh vitamin d, 25 hydroxyvitamin d, vitamin d 25 hydroxy, vitamin d total
vitamin b12 | mass concentration, amount concentration | 0 .. 1000000
    b12, cobalamin
tsh | hormone activity | 0.001 .. 500
    thyroid stimulating hormone, thyrotropin, s tsh
free t4 | mass concentration, amount concentration | 0 .. 1000000
    ft4, t4 free, free thyroxine
psa | mass concentration | 0 .. 20000
    prostate specific antigen, total psa, psa total, serum psa, psa level
inr | | 0.5 .. 20
    international normalized ratio, pt inr
prothrombin time | time | 0 .. 1000000
    pt time, protime
bnp | mass concentration | 0 .. 100000
    b type natriuretic peptide, brain natriuretic peptide
nt probnp | mass concentration | 0 .. 200000
    nt pro bnp, pro bnp, probnp
troponin | mass concentration | 0 .. 1000000
    troponin i, troponin t, ctni
pth | mass concentration | 0 .. 10000
    parathyroid hormone, intact pth, pth intact, ipth
ejection fraction | fraction | 5 .. 95
    lvef, ef, lv ejection fraction, left ventricular ejection fraction, lv ef, ejection fraction
    ef
left atrial diameter | length | 0.5 .. 100
    left atrium diameter, la diameter, lad diameter, left atrial dimension
lvidd | length | 0 .. 1000000
    lv internal diameter diastole, left ventricular internal diameter diastole, lvid d
lvids | length | 0 .. 1000000
    lv internal diameter systole, lvid s
withdrawal time | time | 0 .. 240
    scope withdrawal time, colonoscope withdrawal time
cecal intubation time | time | 0 .. 240
    caecal intubation time, time to cecum, cecal intubation
bbps | | 0 .. 9
    boston bowel preparation scale, boston bowel prep score, boston bowel prep scale, bbps
    total, bbps score, total bbps, boston bowel preparation score, bowel prep bbps total
gleason | | 2 .. 10
    gleason score, gleason s score, gleason sum, gleason grade, gleason total, combined gleason
    score
phq9 | | 0 .. 27
    phq 9, phq 9 score, phq 9 total score, patient health questionnaire 9
phq2 | | 0 .. 6
    phq 2, phq 2 score
gad7 | | 0 .. 21
    gad 7, gad 7 score
mmse | | 0 .. 30
    mini mental state examination
moca | | 0 .. 30
    montreal cognitive assessment
fib4 | | 0 .. 60
    fib 4, fib 4 index
ascvd risk | fraction | 0 .. 100
    10 year ascvd risk, ascvd 10 year risk, ascvd risk score
fev1 fvc | fraction | 0 .. 130
    fev1 fvc ratio
fev1 | | 0 .. 200
cd4 | cell count | 0 .. 5000
    cd4 count, cd4 cell count
t score | | -8 .. 8
    dexa t score
"""


def _concepts(table: str) -> Iterator[Concept]:
    entries: list[list[str]] = []
    for line in table.strip().splitlines():
        if line.startswith(" "):
            entries[-1].append(line)
        else:
            entries.append([line])
    for head, *names in entries:
        key, dimensions, bounds, *usual = (part.strip() for part in head.split("|"))
        low, high = bounds.split(" .. ")
        yield Concept(
            key,
            (key, *_listed(" ".join(names))),
            _listed(dimensions),
            Decimal(low),
            Decimal(high),
            tuple(_usual(part) for part in "".join(usual).split(";") if part),
        )


def _usual(text: str) -> tuple[str, Decimal, Decimal]:
    unit, low, _, high = text.split()
    return unit, Decimal(low), Decimal(high)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


CONCEPTS: tuple[Concept, ...] = tuple(_concepts(_TABLE))
